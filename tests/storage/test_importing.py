from __future__ import annotations

from typing import Any

import pytest

from engine.storage import clients, conversations, messages, profiles
from engine.storage.database import Database, Refused
from engine.storage.importing import take_client, take_conversation, take_profile
from tests.storage.test_conversations import args

SAID = [{"role": "user", "content": "hi", "at": 5.0}, {"role": "assistant", "content": "ho", "at": 6.0}]
OLD: dict[str, Any] = args("s-1", at=4.0, updated=6.0, title="T")


@pytest.mark.parametrize("dry", [True, False])
async def test_a_conversation_comes_whole_and_once(database: Database, dry: bool) -> None:
    assert await take_conversation(database, OLD, SAID, dry) == "new"
    listed = (await conversations.listed(database, args()))["conversations"]
    if dry:
        assert listed == []
        return
    assert [(each["created"], each["updated"], each["messages"]) for each in listed] == [(4.0, 6.0, 2)]
    for again in (True, False):
        assert await take_conversation(database, OLD, SAID, again) == "there"
    found = (await messages.history(database, args("s-1")))["messages"]
    assert [(each["content"], each["at"]) for each in found] == [("hi", 5.0), ("ho", 6.0)]


async def test_one_that_is_unfit_leaves_nothing(database: Database) -> None:
    with pytest.raises(Refused):
        await take_conversation(database, OLD, [*SAID, {"role": "no role", "content": "x"}])
    assert (await conversations.listed(database, args()))["total"] == 0


async def test_a_profile_that_is_there_stays(database: Database) -> None:
    old = {"space": "main", "owner": "ann", "at": 1.0, "data": {"preset": "old"}}
    assert await take_profile(database, old, dry=True) == "new"
    assert await profiles.shown(database, old) is None
    assert [await take_profile(database, old), await take_profile(database, old)] == ["new", "there"]


async def test_a_client_is_known_by_its_key(database: Database) -> None:
    old = {"name": "app", "digest": "1" * 64, "terms": {}, "who": "me", "at": 1.0}
    assert await take_client(database, old, dry=True) == "new"
    assert await clients.listed(database, {}) == []
    assert [await take_client(database, old), await take_client(database, old)] == ["new", "there"]
    with pytest.raises(Refused, match="with another key"):
        await take_client(database, {**old, "digest": "2" * 64})
