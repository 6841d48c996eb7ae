from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.cli.old_database import NotReadable, grouped, kinds, read
from tests.cli.old_databases import SESSIONS, USERS, old


def test_every_kind_says_what_it_is() -> None:
    found = kinds()
    assert [kind.name for kind in found] == ["sessions", "users"]
    for kind in found:
        assert kind.about and "conversations" in kind.queries


@pytest.mark.parametrize(("script", "name"), [(SESSIONS, "sessions"), (USERS, "users")])
def test_a_file_is_recognised_and_only_read(tmp_path: Path, script: str, name: str) -> None:
    path = old(tmp_path / "it's 100% old.db", script)
    before = path.read_bytes()
    kind, rows = read(path)
    assert kind.name == name and rows["conversations"]
    assert path.read_bytes() == before


def test_further_columns_of_later_versions_do_no_harm(tmp_path: Path) -> None:
    path = old(tmp_path / "old.db", SESSIONS + "ALTER TABLE conversations ADD COLUMN user_id INTEGER;")
    assert read(path)[0].name == "sessions"


def test_what_is_none_of_them_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="no such file"):
        read(tmp_path / "away.db")
    assert not (tmp_path / "away.db").exists()
    (tmp_path / "text").write_text("no database at all " * 100)
    with pytest.raises(NotReadable, match="cannot be read as an SQLite database"):
        read(tmp_path / "text")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE conversations (id INTEGER)")
    with pytest.raises(NotReadable, match="its tables are not those of a program that is known here"):
        read(tmp_path / "other.db")


def test_rows_are_grouped() -> None:
    rows = [{"of": 1, "a": 1}, {"of": 2, "a": 2}, {"of": 1, "a": 3}]
    assert list(grouped(rows, "of")) == [(1, [{"a": 1}, {"a": 3}]), (2, [{"a": 2}])]
