"""The spool: a record is there when `record` returns, whatever happens then; no disk stops a request."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.adapters import spool as module
from engine.adapters.segment import entries, read_header, segments, waiting
from engine.adapters.spool import LOST, Spool
from tests.server.running import Lines

SEGMENT = 4096


def rows(directory: Path) -> list[Any]:
    found = []
    for path in segments(directory):
        file = os.open(path, os.O_RDONLY)
        header = read_header(file)
        assert header is not None
        read = list(entries(file, header.drained, header.committed))
        assert len(read) == header.records
        found += [orjson.loads(data or b"null") for _, data in read]
        os.close(file)
    return found


@pytest.fixture
def telemetry() -> Lines:
    return Lines()


@pytest.fixture
def spool(tmp_path: Path, telemetry: Lines) -> Iterator[Spool]:
    ids = count()
    made = Spool(tmp_path, telemetry, id_=lambda: f"{next(ids):016}", segment=SEGMENT, limit=4 * SEGMENT)
    yield made
    made.close()


def test_a_record_is_there_at_once(spool: Spool, tmp_path: Path) -> None:
    spool.record(("a", 1, None, 0.5))
    spool.record(["b"])
    assert rows(tmp_path) == [["a", 1, None, 0.5], ["b"]]
    assert waiting(tmp_path) == 2


def test_a_segment_that_is_full_is_followed_by_another(spool: Spool, tmp_path: Path) -> None:
    for number in range(100):
        spool.record((number, "x" * 100))
    assert [row[0] for row in rows(tmp_path)] == list(range(100))
    assert 3 <= len(segments(tmp_path)) <= 4


def test_the_next_one_is_made_ahead(spool: Spool, tmp_path: Path) -> None:
    spool.record(("x" * (SEGMENT // 2),))
    assert len(segments(tmp_path)) == 1
    spool.tend()
    spool.tend()
    assert len(segments(tmp_path)) == 2
    spool.record(("y" * (SEGMENT // 2),))
    spool.tend()
    assert [row[0][0] for row in rows(tmp_path)] == ["x", "y"]


def test_a_full_spool_loses_what_comes_counts_it_and_says_so(
    spool: Spool, tmp_path: Path, telemetry: Lines
) -> None:
    wide = "x" * 1000
    while not telemetry.counts:
        spool.record((wide,))
    kept = len(rows(tmp_path))
    for _ in range(4):
        spool.record((wide,))
        spool.tend()
    assert telemetry.counts == {LOST: 5} and len(telemetry.of("usage is lost")) == 1
    assert len(rows(tmp_path)) == kept
    segments(tmp_path)[0].unlink()
    spool.tend()
    spool.record((wide,))
    assert telemetry.counts == {LOST: 5} and len(telemetry.of("usage is recorded again")) == 1


def test_while_there_is_no_room_a_request_does_not_look_for_any(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, telemetry: Lines
) -> None:
    while not telemetry.counts:
        spool.record(("x" * 1000,))
    monkeypatch.setattr(module, "segments", lambda _: pytest.fail("a look at the disk"))
    spool.record(("x" * 1000,))
    assert telemetry.counts == {LOST: 2}


def test_a_disk_that_is_full_at_first_is_used_when_it_no_longer_is(
    tmp_path: Path, telemetry: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.make

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "make", full)
    spool = Spool(tmp_path, telemetry)
    spool.record((1,))
    monkeypatch.setattr(module, "make", real)
    spool.tend()
    spool.record((2,))
    spool.close()
    assert rows(tmp_path) == [[2]] and telemetry.counts == {LOST: 1}
    assert [event for _, event, _ in telemetry.lines] == ["usage is lost", "usage is recorded again"]


def test_what_is_longer_than_a_segment_is_lost_alone(spool: Spool, tmp_path: Path, telemetry: Lines) -> None:
    spool.record(("x" * SEGMENT,))
    spool.record(("fits",))
    assert rows(tmp_path) == [["fits"]] and telemetry.counts == {LOST: 1}


def test_values_that_json_does_not_have_are_told_as_well_as_may_be(spool: Spool, tmp_path: Path) -> None:
    spool.record(("\ud800x", 2**80, -(2**80), float("inf"), True, object, None))
    (row,) = rows(tmp_path)
    assert row[:5] == ["?x", 2**63 - 1, -(2**63 - 1), None, True] and row[6] is None


def test_who_records_after_the_end_is_not_lost(spool: Spool, tmp_path: Path) -> None:
    spool.record((1,))
    spool.close()
    spool.record((2,))
    assert sorted(rows(tmp_path)) == [[1], [2]]


def test_a_process_that_is_killed_has_lost_nothing(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path\n"
        "from engine.adapters.spool import Spool; from tests.server.running import Lines\n"
        f"spool = Spool(Path({str(tmp_path)!r}), Lines(), segment={SEGMENT})\n"
        "for number in range(500): spool.record((number,))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert [row[0] for row in rows(tmp_path)] == list(range(500))
