from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.server.board import Board
from engine.server.clerk.tables import Tables


def test_each_version_is_told_once_to_everyone_who_follows(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.prepare()
    tables, told = Tables(board), list[Any]()
    tables.follow("clients", told.append)
    tables.follow("clients", lambda rows: told.append(len(rows)))
    tables.look()
    assert told == []
    board.publish_table("clients", [{"id": "a"}])
    board.publish_table("others", [1])
    tables.look()
    tables.look()
    assert told == [[{"id": "a"}], 1]
    board.publish_table("clients", [])
    tables.look()
    assert told[2:] == [[], 0]
