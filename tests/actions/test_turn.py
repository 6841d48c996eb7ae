from __future__ import annotations

from typing import Any

import pytest

from engine.actions import turn as module
from engine.actions.store import OpenStore, Store
from engine.actions.turn import COMPLETE, PARTIAL, Turn
from engine.actions.verbs.chat import SPEC as CHAT
from engine.errors import AnswerBroken, EngineUnavailable, ErrorClass, ErrorInfo, RequestRefused
from tests.actions.tools import FakeTools

STORE = OpenStore(Store("main", title="New"), "web")
ROW = {"id": "s-1", "title": None, "messages": 2}
AWAY = EngineUnavailable("away", code="storage_away")
ANSWER = {"text": "Hello.", "model": "m", "usage": {"output": 2}}


def said(*messages: tuple[str, Any]) -> dict[str, Any]:
    history = [{"role": role, "content": content, "number": 1} for role, content in messages]
    return {"conversation": ROW, "number": 2, "history": history}


async def begun(tools: FakeTools, begin: Any = None) -> Turn:
    tools.answers = (begin or said(), *tools.answers)
    return await Turn.begin(tools, STORE, {"id": "s-1", "message": {"role": "user", "content": "Hi"}})


async def test_questions_without_an_answer_are_not_told_again() -> None:
    before = (
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
        ("assistant", ""),
        ("user", "d"),
        ("assistant", "e"),
    )
    turn = await begun(FakeTools(), said(*before))
    assert [each["content"] for each in turn.history()] == ["a", "b", "d", "e"]
    assert turn.conversation["title"] == "New"


async def test_what_is_told_begins_with_a_question() -> None:
    turn = await begun(
        FakeTools(), said(("assistant", "x"), ("tool", "y"), ("user", "a"), ("assistant", "b"))
    )
    assert [each["content"] for each in turn.history()] == ["a", "b"]


async def test_an_answer_is_saved_as_it_came() -> None:
    tools = FakeTools(({"saved": True},))
    turn = await begun(tools)
    assert await turn.finish(ANSWER, COMPLETE)
    assert tools.asked[-1] == (
        "conversations.finish",
        {"store": "main", "owner": "web", "id": "s-1", "number": 2, "content": "Hello.", "model": "m",
         "tokens": 2, "state": "complete", "at": 1_700_000_000.0},
    )  # fmt: skip


async def test_an_answer_to_what_is_gone_is_nobodys() -> None:
    tools = FakeTools((RequestRefused("gone", status=404),))
    assert not await (await begun(tools)).finish(ANSWER, COMPLETE)
    assert tools.waiting == []


async def test_while_the_database_is_away_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", (0.0, 0.0, 0.0))
    tools = FakeTools((AWAY, AWAY, {"saved": True}))
    assert not await (await begun(tools)).finish(ANSWER, COMPLETE)
    (later,) = tools.waiting
    await later
    assert [verb for verb, _ in tools.asked[1:]] == ["conversations.finish"] * 3


async def test_what_cannot_be_saved_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", (0.0,))
    tools = FakeTools((AWAY, AWAY))
    await (await begun(tools)).finish(ANSWER, COMPLETE)
    with pytest.raises(EngineUnavailable, match="the answer 2 of conversation 's-1' could not be saved"):
        await tools.waiting[0]


async def test_what_came_of_a_broken_answer_is_saved_and_marked() -> None:
    broken = AnswerBroken(ErrorInfo(ErrorClass.UPSTREAM, "cut"), {"text": "Hel", "model": "m"})
    tools = FakeTools((said(), broken, {"saved": True}))
    given = {"conversations": STORE, "conversation": "s-1", "message": "Hi", "model": "m"}
    with pytest.raises(AnswerBroken):
        await CHAT.run(given, tools)
    verb, args = tools.asked[-1]
    assert (verb, args["content"], args["state"]) == ("conversations.finish", "Hel", PARTIAL)
