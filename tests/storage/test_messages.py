from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.storage import conversations, messages
from engine.storage.database import Database, Refused
from tests.storage.test_conversations import args, refusal


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


async def made(database: Database, *texts: Any, **more: Any) -> None:
    await conversations.create(database, args("s-1"))
    said = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)]
    await messages.append(database, args("s-1", messages=said, **more))


async def contents(database: Database, **more: Any) -> list[Any]:
    found = await messages.history(database, args("s-1", **more))
    return [each["content"] for each in found["messages"]]


async def begun(database: Database, text: str = "hi", **more: Any) -> dict[str, Any]:
    return await messages.begin(database, args("s-1", message=user(text), **more))


async def test_messages_are_added_with_what_is_known_of_them(database: Database) -> None:
    await made(database)
    parts = [{"type": "text", "text": "你好 😀"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    answer = {"role": "assistant", "content": "yes", "model": "small", "tokens": 3, "at": 205.0}
    told = await messages.append(database, args("s-1", at=200.0, messages=[user(parts), answer]))
    assert told["messages"] == [
        {"number": 1, "role": "user", "content": parts, "model": None, "tokens": None,
         "state": "complete", "at": 200.0},
        {"number": 2, "role": "assistant", "content": "yes", "model": "small", "tokens": 3,
         "state": "complete", "at": 205.0},
    ]  # fmt: skip
    assert (told["conversation"]["messages"], told["conversation"]["updated"]) == (2, 200.0)
    assert await messages.history(database, args("s-1")) == told


async def test_any_character_is_kept(database: Database) -> None:
    await made(database, "a\0b 😀 \u2028", None)
    assert await contents(database) == ["a\0b 😀 \u2028", None]


async def test_history_comes_in_pages_or_from_the_end(database: Database) -> None:
    await made(database, *(f"{number:04}" * 10 for number in range(6)))
    whole = await contents(database)
    assert await contents(database, limit=2, offset=3) == whole[3:5]
    assert await contents(database, last=2) == whole[4:]
    assert await contents(database, last=0) == []
    assert await contents(database, tokens=22) == whole[4:]  # 42 bytes are taken for 11 tokens
    assert await contents(database, tokens=9) == []
    assert await contents(database, tokens=1000, last=1) == whole[5:]


async def test_tokens_that_are_known_count(database: Database) -> None:
    await made(database)
    said = [user("a"), {**user("b"), "tokens": 50}, user("c")]
    await messages.append(database, args("s-1", messages=said))
    assert await contents(database, tokens=50) == ["c"]
    assert await contents(database, tokens=51) == ["b", "c"]


async def test_a_count_that_no_column_takes_is_the_largest_that_one_does(database: Database) -> None:
    await made(database, "one")
    await messages.append(database, args("s-1", messages=[{**user("two"), "tokens": 10**11}]))
    turn = await begun(database, "three")
    answer = {"number": turn["number"], "content": "four", "model": "m", "tokens": 2**64, "state": "complete"}
    assert await messages.finish(database, args("s-1", **answer)) == {"saved": True}
    told = (await messages.history(database, args("s-1")))["messages"]
    assert [each["tokens"] for each in told] == [None, 2**31 - 1, None, 2**31 - 1]


async def test_a_page_is_never_more_than_can_be_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(database, "a" * 30, "b" * 30, "c" * 30)
    monkeypatch.setattr(messages, "BYTES_AT_MOST", 70)
    assert await contents(database) == ["a" * 30, "b" * 30]
    assert await contents(database, offset=2) == ["c" * 30]
    assert await contents(database, last=9) == ["b" * 30, "c" * 30]


@pytest.mark.parametrize("role", ["", "two words", "x" * 41, None, 7])
async def test_a_role_is_a_name(database: Database, role: Any) -> None:
    await made(database)
    said = args("s-1", messages=[user("a"), {"role": role, "content": "b"}])
    assert await refusal(messages.append(database, said)) == ("invalid_value", 400)
    assert await contents(database) == []
    assert (await conversations.shown(database, args("s-1")))["messages"] == 0


async def test_a_message_may_be_too_large(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(database)
    monkeypatch.setattr(messages, "MESSAGE_AT_MOST", 10)
    assert await refusal(begun(database, "x" * 20)) == ("message_too_large", 413)
    assert await contents(database) == []


async def test_a_turn_has_its_answer_from_the_beginning(database: Database) -> None:
    await made(database, "one", "two")
    turn = await begun(database, "three", at=200.0)
    assert ([each["content"] for each in turn["history"]], turn["number"]) == (["one", "two"], 4)
    assert turn["conversation"]["messages"] == 4
    found = await messages.history(database, args("s-1"))
    assert [(each["content"], each["state"]) for each in found["messages"][2:]] == [
        ("three", "complete"),
        ("", "partial"),
    ]
    answer = {"number": 4, "content": "four", "model": "small", "tokens": 5, "state": "complete"}
    assert await messages.finish(database, args("s-1", at=300.0, **answer)) == {"saved": True}
    told = (await messages.history(database, args("s-1")))["messages"][-1]
    assert told == {"role": "assistant", "at": 300.0, **answer}
    assert (await conversations.shown(database, args("s-1")))["updated"] == 300.0
    assert await messages.finish(database, args("s-1", **answer | {"content": "no"})) == {"saved": False}
    assert await contents(database, last=1) == ["four"]


async def test_turns_at_the_same_time_keep_their_order(database: Database) -> None:
    await made(database)
    turns = await asyncio.gather(*(begun(database, f"q{number}") for number in range(4)))
    assert sorted(turn["number"] for turn in turns) == [2, 4, 6, 8]
    for turn in reversed(turns):
        answer = {"number": turn["number"], "content": f"to {turn['number']}", "state": "complete"}
        await messages.finish(database, args("s-1", **answer))
    found = await contents(database)
    assert found[1::2] == ["to 2", "to 4", "to 6", "to 8"]
    assert sorted(found[::2]) == ["q0", "q1", "q2", "q3"]


async def test_what_is_sent_along_has_bounds(database: Database) -> None:
    await made(database, "one", "two", "three")
    turn = await begun(database, last=2)
    assert [each["content"] for each in turn["history"]] == ["two", "three"]


async def test_a_turn_may_make_its_conversation(database: Database) -> None:
    assert await refusal(begun(database)) == ("unknown_conversation", 404)
    for _ in range(2):
        turn = await begun(database, create={"user": "ann", "keep": 5})
    assert (turn["conversation"]["user"], turn["conversation"]["messages"]) == ("ann", 4)


async def test_an_answer_to_what_was_deleted_is_told(database: Database) -> None:
    await made(database)
    await begun(database)
    await conversations.delete(database, args("s-1"))
    with pytest.raises(Refused, match="there is no conversation 's-1'"):
        await messages.finish(database, args("s-1", number=2, content="x", state="complete"))


async def test_messages_of_a_conversation_that_is_not_there_yet(database: Database) -> None:
    create = {"keep": 5, "per": "owner", "user": "ann"}
    told = await messages.append(database, args("s-1", messages=[user("hi")], create=create))
    assert (told["conversation"]["user"], told["conversation"]["messages"]) == ("ann", 1)
    again = await messages.append(database, args("s-1", messages=[user("ho")], create=create))
    assert again["conversation"]["messages"] == 2


async def test_two_that_make_it_at_once_both_are_in_it(database: Database) -> None:
    create = {"keep": 5, "per": "owner"}
    said = [messages.append(database, args("s-1", messages=[user(text)], create=create)) for text in "abcd"]
    await asyncio.gather(*said)
    assert sorted(await contents(database)) == list("abcd")
