"""The file that usage waits in: what is committed is read, what is torn is known."""

from __future__ import annotations

import os
from pathlib import Path
from zlib import crc32

import pytest

from engine.adapters import segment
from engine.adapters.segment import (
    RECORD,
    START,
    entries,
    is_left,
    make,
    read_header,
    segments,
    waiting,
)

ID = "0123456789abcdef"
SIZE = 4096


@pytest.fixture
def file(tmp_path: Path) -> int:
    return make(tmp_path, ID, SIZE)[0]


def record(data: bytes) -> bytes:
    return RECORD.pack(len(data), crc32(data)) + data


def read(file: int, raw: bytes) -> list[tuple[int, bytes | None]]:
    os.pwrite(file, raw, START)
    return list(entries(file, START, START + len(raw)))


def test_a_new_one_is_empty_locked_and_has_its_room(tmp_path: Path) -> None:
    file, path = make(tmp_path, ID, SIZE)
    assert read_header(file) == (ID, START, 0, START, 0)
    assert [path] == segments(tmp_path) == list(tmp_path.iterdir())
    assert path.stat().st_size == SIZE and path.stat().st_mode & 0o777 == 0o600
    other = os.open(path, os.O_RDWR)
    assert not is_left(other)
    os.close(file)
    assert is_left(other)
    os.close(other)


def test_the_same_id_is_never_made_twice_at_once(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.fresh").touch()
    with pytest.raises(FileExistsError):
        make(tmp_path, ID, SIZE)


def test_a_disk_without_room_is_told_when_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment, "_reserve", full)
    with pytest.raises(OSError, match="No space left"):
        make(tmp_path, ID, SIZE)
    assert list(tmp_path.iterdir()) == []


def test_records_come_back_in_order(file: int) -> None:
    found = read(file, record(b"one") + record(b"") + record(b"three")[:0] + record(b"three"))
    # An empty record is no record: the rest cannot be told apart.
    assert [data for _, data in found] == [b"one", None]
    found = read(file, record(b"one") + record(b"two"))
    assert found == [(START, b"one"), (START + 11, b"two")]


def test_a_record_that_was_not_written_whole_is_passed_over(file: int) -> None:
    torn = bytearray(record(b"second"))
    torn[-1] ^= 1
    found = read(file, record(b"first") + bytes(torn) + record(b"third"))
    assert found == [(START, b"first"), (START + 13, None), (START + 27, b"third")]


@pytest.mark.parametrize("raw", [b"\0" * 64, b"\xff" * 64, record(b"whole")[:-1], b"\1"])
def test_what_makes_no_sense_is_one_torn_record(file: int, raw: bytes) -> None:
    assert read(file, record(b"first") + raw) == [(START, b"first"), (START + 13, None)]


@pytest.mark.parametrize(
    "raw",
    [b"", b"short", b"nonsense" * 8, b"pxspool1" + ID.encode() + b"\xff" * 32, b"pxspool1" + b"\0" * 56],
)
def test_what_is_no_segment(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.seg"
    path.write_bytes(raw)
    file = os.open(path, os.O_RDONLY)
    assert read_header(file) is None
    os.close(file)
    assert waiting(tmp_path) == 0


def test_what_waits_is_what_was_not_read_for_good(tmp_path: Path) -> None:
    file, _ = make(tmp_path, ID, SIZE)
    os.pwrite(file, (5).to_bytes(8, "little"), 8 * segment.COUNT)
    os.pwrite(file, (500).to_bytes(8, "little"), 8 * segment.COMMITTED)
    assert waiting(tmp_path) == 5
    segment.set_drained(file, 300, 3)
    header = read_header(file)
    assert header is not None and (header.drained, header.taken, header.waiting) == (300, 3, 2)
    assert waiting(tmp_path) == 2
    os.close(file)


def test_nothing_waits_where_nothing_is(tmp_path: Path) -> None:
    assert waiting(tmp_path / "nowhere") == 0 and segments(tmp_path / "nowhere") == []
