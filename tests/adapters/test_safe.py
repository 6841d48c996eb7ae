"""What is stored opens with its key alone, also after keys were changed; a wrong one says so and loses nothing."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.adapters.safe import Locked, Safe, Sealed

FIELDS = {"key": "sk-secret-1", "refresh_token": "rt-1"}
OLD, NEW = "old" * 10, "new" * 10


def test_sealed_and_opened(tmp_path: Path) -> None:
    safe = Safe([OLD], tmp_path)
    sealed = safe.seal("p", "a", FIELDS)
    assert safe.open("p", "a", sealed) == FIELDS
    assert "secret" not in sealed.data
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Locked, match="another pool or id"):
        safe.open("p", "b", sealed)


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    told: list[str] = []
    safe = Safe([], tmp_path, told.append)
    sealed = safe.seal("p", "a", FIELDS)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert len(told) == 1 and "keep a copy" in told[0]
    assert (tmp_path / "key").read_text().strip() not in told[0]
    other = Safe([], tmp_path, told.append)
    assert other.open("p", "a", sealed) == FIELDS
    assert len(told) == 1


def test_keys_are_changed_and_old_ones_still_open(tmp_path: Path) -> None:
    before = Safe([OLD], tmp_path).seal("p", "a", FIELDS)
    both = Safe([NEW, OLD], tmp_path)
    assert both.open("p", "a", before) == FIELDS
    after = both.seal("p", "a", FIELDS)
    assert after.key_id != before.key_id == Safe([OLD], tmp_path).newest
    with pytest.raises(Locked, match=rf"another key \({before.key_id}; here: {after.key_id}\)"):
        Safe([NEW], tmp_path).open("p", "a", before)


def test_a_new_key_in_the_file_is_found_by_who_knows_the_old_one(tmp_path: Path) -> None:
    running, command = Safe([], tmp_path), Safe([], tmp_path)
    before = running.seal("p", "a", FIELDS)
    assert command.add_key() == command.newest != before.key_id
    after = command.seal("p", "a", FIELDS)
    assert running.open("p", "a", after) == FIELDS
    assert command.open("p", "a", before) == FIELDS
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_without_a_key_nothing_opens(tmp_path: Path) -> None:
    sealed = Safe([OLD], tmp_path).seal("p", "a", FIELDS)
    with pytest.raises(Locked, match="here: none"):
        Safe([], tmp_path).open("p", "a", sealed)
    with pytest.raises(Locked, match="damaged"):
        Safe([OLD], tmp_path).open("p", "a", Sealed("no base64!", sealed.key_id))


def test_keys_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(Locked, match="at least 16"):
        Safe(["short"], tmp_path).seal("p", "a", FIELDS)
    with pytest.raises(Locked, match="secret_key"):
        Safe([OLD], tmp_path).add_key()
    with pytest.raises(Locked, match="cannot be made"):
        Safe([], tmp_path / "gone").seal("p", "a", FIELDS)


def test_who_seals_nothing_imports_nothing() -> None:
    code = "import sys, engine.server.worker; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
