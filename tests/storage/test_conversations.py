from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from engine.storage import conversations, messages
from engine.storage.database import Database, Refused


def args(id_: str | None = None, at: float = 100.0, owner: str = "web", **more: Any) -> dict[str, Any]:
    return {"store": "main", "owner": owner, "at": at} | ({"id": id_} if id_ else {}) | more


async def ids(database: Database, owner: str = "web", **more: Any) -> list[str]:
    found = await conversations.listed(database, args(owner=owner, **more))
    return [each["id"] for each in found["conversations"]]


async def refusal(work: Any) -> tuple[str, int]:
    with pytest.raises(Refused) as caught:
        await work
    return caught.value.code, caught.value.status


async def test_one_is_made_with_an_id_of_its_own(database: Database) -> None:
    made = await conversations.create(database, args(user="ann"))
    assert uuid.UUID(made.pop("id")).version == 4
    assert made == {
        "owner": "web", "user": "ann", "title": None, "messages": 0, "created": 100.0, "updated": 100.0,
    }  # fmt: skip


async def test_an_id_may_be_given_once_an_owner(database: Database) -> None:
    made = await conversations.create(database, args("s-1", title="会话 😀\0"))
    assert (made["id"], made["title"]) == ("s-1", "会话 😀")
    again = conversations.create(database, args("s-1"))
    assert await refusal(again) == ("conversation_exists", 409)
    assert (await conversations.create(database, args("s-1", owner="app")))["owner"] == "app"
    assert await refusal(conversations.create(database, args("x" * 201))) == ("invalid_value", 400)


async def test_two_that_make_the_same_at_once_make_one(database: Database) -> None:
    both = await asyncio.gather(
        *(conversations.create(database, args("s-1")) for _ in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(each, Refused) for each in both) == [False, True]


@pytest.mark.parametrize("other", ["WEB", "web ", "wéb", "app", ""])
async def test_what_is_anothers_is_not_there(database: Database, other: str) -> None:
    """Also where the database itself takes both names for the same."""
    await conversations.create(database, args("s-1"))
    theirs = args("s-1", owner=other)
    for work in (
        conversations.shown(database, theirs),
        conversations.update(database, {**theirs, "title": "mine"}),
        messages.history(database, theirs),
        messages.append(database, {**theirs, "messages": [{"role": "user", "content": "hi"}]}),
        messages.begin(database, {**theirs, "message": {"role": "user", "content": "hi"}}),
        messages.finish(database, {**theirs, "number": 1, "content": "hi"}),
    ):
        assert await refusal(work) == ("unknown_conversation", 404)
    assert await conversations.delete(database, theirs) == {"deleted": False}
    assert await ids(database, other) == []
    assert (await conversations.shown(database, args("s-1")))["title"] is None


async def test_the_last_used_come_first_in_pages(database: Database) -> None:
    for number in range(5):
        await conversations.create(database, args(f"s-{number}", at=float(number // 2)))
    assert await ids(database) == ["s-4", "s-3", "s-2", "s-1", "s-0"]
    said = {"messages": [{"role": "user", "content": "hi"}]}
    await messages.append(database, args("s-1", at=9.0, **said))
    assert await ids(database) == ["s-1", "s-4", "s-3", "s-2", "s-0"]
    assert await ids(database, limit=2, offset=1) == ["s-4", "s-3"]
    assert (await conversations.listed(database, args(limit=1)))["total"] == 5
    for page in ({"limit": 0}, {"offset": -1}, {"limit": "2"}, {"limit": True}):
        assert await refusal(conversations.listed(database, args(**page))) == ("invalid_value", 400)


async def test_an_owners_users_are_told_apart(database: Database) -> None:
    await conversations.create(database, args("s-1", user="ann"))
    await conversations.create(database, args("s-2", user="bob"))
    assert await ids(database, user="ann") == ["s-1"]


async def test_a_title_is_changed_or_given_once(database: Database) -> None:
    await conversations.create(database, args("s-1"))
    given = await conversations.update(database, args("s-1", title="First", if_untitled=True))
    assert given["title"] == "First"
    later = await conversations.update(database, args("s-1", title="Later", if_untitled=True))
    assert later["title"] == "First"
    changed = await conversations.update(database, args("s-1", title="Mine"))
    assert (changed["title"], changed["updated"]) == ("Mine", 100.0)
    assert await conversations.update(database, args("s-1")) == changed


async def test_what_is_deleted_takes_its_messages_along(database: Database) -> None:
    await conversations.create(database, args("s-1"))
    said = {"messages": [{"role": "user", "content": "hi"}]}
    await messages.append(database, args("s-1", **said))
    assert await conversations.delete(database, args("s-1")) == {"deleted": True}
    assert await conversations.delete(database, args("s-1")) == {"deleted": False}
    await conversations.create(database, args("s-1"))
    assert (await messages.history(database, args("s-1")))["messages"] == []


async def test_so_many_are_kept_of_an_owner(database: Database) -> None:
    await conversations.create(database, args("other", at=1.0, owner="app"))
    for number in range(4):
        await conversations.create(database, args(f"s-{number}", at=float(number), keep=3))
    assert await ids(database) == ["s-3", "s-2", "s-1"]
    said = {"messages": [{"role": "user", "content": "hi"}]}
    await messages.append(database, args("s-1", at=9.0, **said))
    await conversations.create(database, args("s-4", at=10.0, keep=3))
    assert await ids(database) == ["s-4", "s-1", "s-3"]
    assert await ids(database, "app") == ["other"]
    await conversations.create(database, args("s-5", at=0.0, keep=1))  # of long ago, and the only one to stay
    assert await ids(database) == ["s-5"]


async def test_so_many_are_kept_of_a_store(database: Database) -> None:
    for number, owner in enumerate(["app", "web", "app", "web"]):
        await conversations.create(
            database, args(f"s-{number}", at=float(number), owner=owner, keep=2, per="store")
        )
    assert (await ids(database, "app"), await ids(database, "web")) == (["s-2"], ["s-3"])
