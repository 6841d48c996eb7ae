"""One credential a file: added, changed and removed while it is watched; a broken one is skipped and named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.credential_files import CredentialFiles, Look
from engine.credentials.model import Credential, Directory, Pool
from engine.errors import RequestRefused


def read(id_: str, data: Mapping[str, Any], now: float) -> Credential:
    if "key" not in data:
        raise RequestRefused("it has no text under `key`")
    return Credential(id_, data["key"], data=data)


@pytest.fixture
def creds(tmp_path: Path) -> Path:
    (tmp_path / "creds").mkdir()
    return tmp_path / "creds"


class Watched:
    """The pool of one directory, and looks at it."""

    def __init__(self, creds: Path, *declared: Credential) -> None:
        self._files = CredentialFiles(creds.parent, lambda: 5.0)
        self.pools = {"p": Pool("p", credentials=declared, directories=(Directory("creds", read),))}

    def look(self) -> Look:
        return self._files.look(self.pools)

    def keys(self, look: Look | None = None) -> list[str | None]:
        return [one.key for one in (look or self.look()).credentials["p"]]

    def broken(self) -> dict[str, tuple[str, str]]:
        return {name: (item.code, item.message) for name, (_, item) in self.look().broken.items()}


def put(creds: Path, name: str, **data: Any) -> None:
    (creds / name).write_text(json.dumps(data))


def test_files_come_change_and_go(creds: Path) -> None:
    put(creds, "b.json", key="kb")
    put(creds, "a.json", key="ka")
    put(creds, "notes.txt", key="no")
    put(creds, ".hidden.json", key="no")
    watched = Watched(creds)
    first = watched.look()
    assert watched.keys(first) == ["ka", "kb"]
    assert watched.look() == first
    put(creds, "c.json", key="kc")
    watched.look()
    assert watched.keys() == ["ka", "kb", "kc"]
    (creds / "a.json").unlink()
    assert watched.keys() == ["kb", "kc"]


def test_a_change_counts_once_it_stands_still(creds: Path) -> None:
    put(creds, "a.json", key="ka")
    watched = Watched(creds)
    kept = watched.look().credentials["p"][0]
    (creds / "a.json").write_text('{"key": "half')
    assert watched.look().credentials["p"][0] is kept
    put(creds, "a.json", key="a new one")
    assert watched.keys() == ["ka"]
    assert watched.keys() == ["a new one"]


def test_a_broken_file_is_skipped_and_named(creds: Path) -> None:
    put(creds, "good.json", key="kg")
    put(creds, "no-key.json", token="secret-value")
    (creds / "half.json").write_text('{"key": "secret-value')
    (creds / "list.json").write_text('["secret-value"]')
    (creds / "dir.json").mkdir()
    watched = Watched(creds)
    assert watched.keys() == ["kg"]
    assert watched.broken() == {
        "creds/no-key.json": ("bad-credential-file", "it has no text under `key`"),
        "creds/half.json": ("bad-credential-file", "it is not valid JSON"),
        "creds/list.json": ("bad-credential-file", "it is not a JSON object"),
        "creds/dir.json": ("bad-credential-file", "cannot be read: is a directory"),
    }
    put(creds, "half.json", key="whole")
    watched.look()
    assert watched.keys() == ["kg", "whole"]


def test_an_id_is_there_once(creds: Path) -> None:
    put(creds, "a.json", key="from the file")
    watched = Watched(creds, Credential("a", "declared"))
    assert watched.keys() == []
    assert watched.broken()["creds/a.json"] == (
        "duplicate-name",
        "the id 'a' is already there, in a route file",
    )


def test_a_directory_that_is_not_there_may_come(creds: Path) -> None:
    creds.rmdir()
    watched = Watched(creds)
    assert watched.broken() == {
        "creds": ("bad-credential-directory", "cannot be read: no such file or directory")
    }
    creds.mkdir()
    put(creds, "a.json", key="ka")
    watched.look()
    assert (watched.keys(), watched.broken()) == (["ka"], {})


def test_another_form_reads_anew(creds: Path) -> None:
    put(creds, "a.json", key="ka", other="ko")
    watched = Watched(creds)
    assert watched.keys() == ["ka"]
    other = Directory("creds", lambda id_, data, now: Credential(id_, data["other"]))
    watched.pools = {"p": Pool("p", directories=(other,))}
    assert watched.keys() == ["ko"]


def test_pools_without_directories_are_not_looked_at(creds: Path) -> None:
    assert CredentialFiles(creds.parent, lambda: 5.0).look({"p": Pool("p")}) == Look()


def test_two_pools_may_read_the_same_files_in_their_own_ways(creds: Path) -> None:
    put(creds, "a.json", key="ka", other="ko")
    watched = Watched(creds)
    other = Directory("creds", lambda id_, data, now: Credential(id_, data["other"]))
    watched.pools["q"] = Pool("q", directories=(other,))
    first = watched.look()
    assert [found[0].key for found in first.credentials.values()] == ["ka", "ko"]
    again = watched.look()
    assert all(again.credentials[name][0] is first.credentials[name][0] for name in "pq")
