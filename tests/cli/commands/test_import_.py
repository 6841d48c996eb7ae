"""`proxyctl import`, and what a server finds afterwards."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.safe import Safe, Sealed
from engine.cli.exits import Exit
from engine.cli.main import main
from engine.snapshot.clients import digest
from engine.storage import clients, conversations, messages, profiles
from engine.storage.database import with_database
from tests.cli import sites
from tests.cli.old_databases import SESSIONS, USERS, old

STORE = "conversations: {main: {}}\n"


class Importing:
    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], site: str = STORE) -> None:
        self.tmp_path, self.capsys = tmp_path, capsys
        self.site = sites.site(tmp_path / "site", a=sites.GOOD + site)

    def run(self, script: str, *flags: str) -> tuple[int, str, str]:
        path = self.tmp_path / "old.db"
        if not path.exists():
            old(path, script)
        code = main(["--site", self.site, "import", str(path), *flags])
        return code, *self.capsys.readouterr()

    def json(self, script: str, *flags: str, code: int = Exit.GOOD) -> Any:
        done, out, _ = self.run(script, *flags, "--format", "json")
        assert done == code
        return json.loads(out)

    def ask(self, verb: Any, **args: Any) -> Any:
        url = f"sqlite:///{self.site}/.proxyctl/ledger.db"
        return asyncio.run(
            with_database(url, lambda database: verb(database, {"store": "main", "owner": "", **args}))
        )


@pytest.fixture
def importing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Importing:
    return Importing(tmp_path, capsys)


def test_sessions_with_their_messages_and_settings(importing: Importing) -> None:
    told = importing.json(SESSIONS)
    assert (told["kind"], told["refused"]) == ("sessions", [])
    assert told["conversations"] == {"new": 2, "there": 0} == told["profiles"]
    assert told["messages"] == {"new": 2, "there": 0}
    listed = importing.ask(conversations.listed)["conversations"]
    assert [(each["id"], each["title"], each["messages"]) for each in listed] == [
        ("s-2", "天气", 2),
        ("s-1", None, 0),
    ]
    assert (
        listed[0]["updated"] == 1767398400.0
    )  # as its last message: a moment less is shown as a second less
    said = importing.ask(messages.history, id="s-2")["messages"]
    assert [(each["role"], each["content"], each["state"]) for each in said] == [
        ("user", "你好 😀", "complete"),
        ("assistant", "你好!", "complete"),
    ]
    assert said[0]["at"] == 1767312001.5


def test_keys_of_users_are_encrypted(importing: Importing) -> None:
    importing.run(SESSIONS)
    ann = importing.ask(profiles.shown, space="main", owner="ann")
    url = "https://llm.example/v1/chat/completions"
    assert ann["data"] == {"url": url, "model": "big", "params": {"max_tokens": 500}}
    data = Path(importing.site) / ".proxyctl"
    opened = Safe((), data).open("profiles/main", "ann", Sealed(ann["sealed"], ann["key_id"]))
    assert opened == {"key": "sk-secret-of-ann"}
    assert not any(b"sk-secret" in path.read_bytes() for path in data.rglob("*") if path.is_file())
    bob = importing.ask(profiles.shown, space="main", owner="bob")
    assert (bob["data"], bob["sealed"]) == ({"preset": "glm", "params": {"max_tokens": 2000}}, None)


def test_conversations_of_users_and_keys_of_clients(importing: Importing) -> None:
    told = importing.json(USERS, "--owner", "web")
    assert told["clients"] == {"new": 1, "there": 0}
    (one,) = importing.ask(conversations.listed, owner="web")["conversations"]
    assert (one["id"], one["user"]) == ("u-1", "ann")
    answer = importing.ask(messages.history, owner="web", id="u-1")["messages"][1]
    assert (answer["model"], answer["tokens"]) == ("big", 3)
    (client,) = importing.ask(lambda database, _: clients.published(database))["clients"]
    assert (client["name"], client["digest"]) == ("Default-Client", digest("default-0123456789abcdef"))


@pytest.mark.parametrize("script", [SESSIONS, USERS])
def test_once_more_is_as_once(importing: Importing, script: str) -> None:
    first, again = importing.json(script), importing.json(script)
    for name in ("conversations", "messages", "profiles", "clients"):
        if name in first:
            assert again[name] == {"new": 0, "there": first[name]["new"]}


@pytest.mark.parametrize("script", [SESSIONS, USERS])
def test_a_dry_run_changes_nothing(importing: Importing, script: str) -> None:
    dry = importing.json(script, "--dry-run")
    assert dry["dry_run"] and importing.ask(conversations.listed)["total"] == 0
    assert importing.ask(lambda database, _: clients.published(database)) == {"clients": [], "any": False}
    assert {**importing.json(script), "dry_run": True} == dry


def test_what_cannot_be_taken_is_told(importing: Importing) -> None:
    importing.run(USERS, "--dry-run")
    importing.ask(clients.create, name="Default-Client", digest="0" * 64, terms={}, who="me", at=1.0)
    told = importing.json(USERS, code=Exit.ERRORS)
    message = "there is a client 'Default-Client' with another key"
    assert told["refused"] == [f"clients: Default-Client: {message}"]
    assert told["conversations"]["new"] == 1


def test_in_words(importing: Importing) -> None:
    code, out, _ = importing.run(SESSIONS, "--dry-run")
    assert code == Exit.GOOD
    assert "conversations  2 to be imported, 0 there already" in out
    assert "nothing was changed" in out


@pytest.mark.parametrize(
    ("site", "flags", "told"),
    [
        ("", (), "the site has no store"),
        ("conversations: {a: {}, b: {}}\n", (), "--store says where conversations go: a, b"),
        ("conversations: {main: {}}\n", ("--store", "mein"), "did you mean 'main'?"),
    ],
)
def test_the_store_must_be_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], site: str, flags: tuple[str, ...], told: str
) -> None:
    code, _, err = Importing(tmp_path, capsys, site).run(SESSIONS, *flags)
    assert code == Exit.USAGE and told in err


def test_a_file_that_is_none_is_told(importing: Importing) -> None:
    (importing.tmp_path / "old.db").write_text("x" * 1000)
    code, _, err = importing.run("")
    assert code == Exit.USAGE and "cannot be read as an SQLite database" in err
