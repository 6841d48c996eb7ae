"""A JSON file that several processes change: nothing is lost, nobody sees half, what is broken is said."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.kept_json import KeptJson, Unkept


def test_it_is_made_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    kept = KeptJson(tmp_path / "deep" / "a.json")
    assert (kept.stamp(), kept.read()) == (None, {})
    kept.change(lambda data: {**data, "a": 1})
    first = kept.stamp()
    kept.change(lambda data: {**data, "ä": [2]})
    assert kept.stamp() != first is not None
    assert KeptJson(kept.path).read() == {"a": 1, "ä": [2]}
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert "ä" in kept.path.read_text(encoding="utf-8")


def test_no_change_is_lost(tmp_path: Path) -> None:
    kept = KeptJson(tmp_path / "a.json")

    def change(number: int) -> None:
        kept.change(lambda data: {**data, str(number): number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(40)))
    assert sorted(kept.read().values()) == list(range(40))


@pytest.mark.parametrize(
    ("text", "said"), [('{"k": "secret', "not valid JSON"), ("[1]", "not a JSON object")]
)
def test_what_is_broken_is_said_and_stays(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    for work in (KeptJson(path).read, lambda: KeptJson(path).change(lambda data: data)):
        with pytest.raises(Unkept, match=said) as caught:
            work()
        assert "secret" not in str(caught.value)
    assert path.read_text() == text


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unkept, match="cannot be changed"):
        KeptJson(tmp_path / "file" / "a.json").change(lambda data: data)
    with pytest.raises(Unkept, match="cannot be written"):
        KeptJson(tmp_path / "none" / "a.json").write({})
    (tmp_path / "dir.json").mkdir()
    with pytest.raises(Unkept, match="cannot be read"):
        KeptJson(tmp_path / "dir.json").read()


def test_a_write_that_fails_leaves_nothing_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.json"
    KeptJson(path).write({})
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Unkept, match="no space left"):
        KeptJson(path).write({"a": 1})
    assert (json.loads(path.read_text()), [each.name for each in tmp_path.iterdir()]) == ({}, ["a.json"])
