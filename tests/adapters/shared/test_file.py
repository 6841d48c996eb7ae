from __future__ import annotations

from pathlib import Path

import pytest

from engine.adapters.shared.file import SharedFile
from engine.adapters.shared.layout import HEADER, SIZE


def test_all_who_open_it_share_its_memory_and_have_columns_of_their_own(tmp_path: Path) -> None:
    one, other = SharedFile(tmp_path / "counters"), SharedFile(tmp_path / "counters")
    assert (one.column, other.column) == (0, 1) and one.secret == other.secret
    with one.locked():
        one.map[HEADER] = 7
    assert other.map[HEADER] == 7
    assert not other.is_left(0)
    one.close()
    assert other.is_left(0)
    again = SharedFile(tmp_path / "counters")
    assert again.column == 0
    again.close()
    other.close()


@pytest.mark.parametrize(
    "content",
    [b"nonsense", bytes(SIZE), b"proxyctl counters".ljust(SIZE, b"\1")],
    ids=["short", "zeros", "foreign"],
)
def test_what_is_no_such_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "counters"
    path.write_bytes(content)
    file = SharedFile(path)
    assert (path.stat().st_size == SIZE and path.stat().st_mode & 0o777 == 0o600) or content
    assert file.map[:17] == b"proxyctl counters" and file.map[HEADER] == 0
    file.close()


def test_a_damaged_head_makes_it_foreign_and_who_has_it_open_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "counters"
    old = SharedFile(path)
    old.map[HEADER] = 9
    old.map[40] ^= 1
    new = SharedFile(path)
    assert new.map[HEADER] == 0 and old.map[HEADER] == 9 and new.secret != old.secret
    old.close()
    new.close()


def test_where_there_can_be_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        SharedFile(tmp_path / "nowhere" / "counters")
    (tmp_path / "counters").mkdir()
    with pytest.raises(OSError):
        SharedFile(tmp_path / "counters")
