from __future__ import annotations

from typing import Any

import pytest

from engine.events import CHAT_FIELDS
from engine.surfaces.chat import Chat, Fields


def test_a_field_is_computed_when_it_is_read_and_once() -> None:
    computed: list[Any] = []

    def system(body: Any) -> list[dict[str, Any]]:
        computed.append(body)
        return [{"type": "text", "text": body["s"]}]

    chat = Chat({"s": "hi"}, Fields({"system": system}))
    assert computed == []
    assert chat.system == [{"type": "text", "text": "hi"}]
    assert chat.system is chat.system
    assert computed == [{"s": "hi"}]


def test_fields_that_a_protocol_does_not_know_are_none() -> None:
    chat = Chat({}, Fields({}))
    assert {name: getattr(chat, name) for name in CHAT_FIELDS} == dict.fromkeys(CHAT_FIELDS)


def test_a_chat_is_closed() -> None:
    with pytest.raises(AttributeError, match="no field 'max_tokn'"):
        _ = Chat({}, Fields({})).max_tokn


def test_what_is_computed_at_one_go_leaves_what_was_changed() -> None:
    chat = Chat({"t": 0.5, "s": 3}, Fields({"temperature": "t", "stream": lambda body: False, "seed": "s"}))
    chat.stream = True
    chat.compute(frozenset({"stream", "temperature", "user"}))
    assert (chat.stream, chat.temperature, chat.user) == (True, 0.5, None)
    assert "seed" not in vars(chat)
