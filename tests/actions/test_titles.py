from __future__ import annotations

from typing import Any

import pytest

from engine.actions.store import OpenStore, Store, Titling
from engine.actions.titles import cleaned, excerpt, give_title
from engine.errors import RequestRefused
from engine.prompts.prompt import Prompt, Version
from engine.prompts.template import TextTemplate
from tests.actions.tools import FakeTools

PROMPT = Prompt("title", (Version("1", "Be brief.", TextTemplate("{{ question }} / {{ answer }}")),))
STORE = OpenStore(Store("main"), "web")
TURN = {"id": "s-1", "question": "Why?", "answer": "Because."}


async def titled(tools: FakeTools, model: str | None = None) -> FakeTools:
    asked = {"model": "big", "credential": "sk-own"}
    await give_title(tools, STORE, Titling(PROMPT, model, {"max_tokens": 50}), TURN, asked)
    return tools


async def test_a_model_is_asked_and_its_title_kept_if_there_is_none() -> None:
    tools = await titled(FakeTools(({"text": '"The reason."\n\nHope it helps'}, {})))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why? / Because."}]
    assert tools.asked == [
        ("ask", {"max_tokens": 50, "model": "big", "messages": messages}),
        ("conversations.update",
         {"store": "main", "owner": "web", "id": "s-1", "title": "The reason", "if_untitled": True}),
    ]  # fmt: skip


async def test_another_model_may_be_asked() -> None:
    assert (await titled(FakeTools(({"text": "T"}, {})), "small")).asked[0][1]["model"] == "small"


async def test_no_title_is_no_title() -> None:
    assert len((await titled(FakeTools(({"text": " \n"},)))).asked) == 1


async def test_a_failure_leaves_all_as_it_is() -> None:
    tools = FakeTools((RequestRefused("no"),))
    with pytest.raises(RequestRefused):
        await titled(tools)
    assert len(tools.asked) == 1


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("「天气」", "天气"),
        ("**Weather**", "Weather"),
        ("x" * 99, "x" * 50),
        ("", ""),
        ("Title: a b", "Title: a b"),
    ],
)
def test_titles_are_cleaned(text: str, title: str) -> None:
    assert cleaned(text) == title


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a" * 2000, "a" * 1000),
        ([{"type": "text", "text": "a"}, {"type": "image_url"}, {"text": "b"}], "a\nb"),
        (None, ""),
    ],
)
def test_the_text_of_a_message(content: Any, text: str) -> None:
    assert excerpt(content) == text
