from __future__ import annotations

from pathlib import Path

from engine.server.clerk.kept_tables import keep, kept


def test_what_is_kept_is_there_at_the_next_start(tmp_path: Path) -> None:
    keep(tmp_path, "sqlite:///a", "clients", {"clients": [], "any": True})
    keep(tmp_path, "sqlite:///a", "clients", {"clients": [1], "any": True})
    assert list(kept(tmp_path, "sqlite:///a")) == [("clients", {"clients": [1], "any": True})]
    (path,) = (tmp_path / "kept").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_of_another_database_or_of_none_nothing_counts(tmp_path: Path) -> None:
    keep(tmp_path, "postgresql://u:secret@h/a", "clients", [])
    assert list(kept(tmp_path, "sqlite:///b")) == [] == list(kept(tmp_path, None))
    assert "secret" not in (tmp_path / "kept" / "clients.json").read_text()


def test_what_cannot_be_read_or_written_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "clients.json").write_text("{")
    (tmp_path / "kept" / "others.json").write_text("[]")
    assert list(kept(tmp_path, "sqlite:///a")) == []
    keep(tmp_path / "nowhere" / "at all", "sqlite:///a", "clients", [])
