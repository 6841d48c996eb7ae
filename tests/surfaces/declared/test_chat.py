"""A client's request in neutral form."""

from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.declared.chat import DecodedChat
from engine.surfaces.surface import dropped
from tests.surfaces.declared.surfaces import inbound, surface

SURFACE = surface()


def read(body: dict[str, Any], params: Any = None, override: Any = None) -> DecodedChat:
    chat = SURFACE.read({"say": "hi", **body}, inbound(), params or {}, override or {})[1]
    assert isinstance(chat, DecodedChat)
    return chat


def test_fields() -> None:
    chat = read({"heat": 0.5, "rules": "be kind", "limits": {"out": 3}})
    assert (chat.temperature, chat.max_tokens, chat.top_p, chat.stream) == (0.5, 3, None, None)
    assert chat.system == [{"type": "text", "text": "be kind"}]
    assert chat.turns == [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]
    with pytest.raises(AttributeError):
        _ = chat.nonsense


def test_an_alias_has_its_parameters_in_the_hubs_words() -> None:
    chat = read({"heat": 0.5}, {"temperature": 1, "max_completion_tokens": 7, "seed": 2})
    assert (chat.temperature, chat.max_tokens, chat.seed) == (0.5, 7, 2)
    chat = read({"heat": 0.5, "limits": {"out": 3}}, {}, {"temperature": 1, "max_tokens": None})
    assert (chat.temperature, chat.max_tokens) == (1, None)
    assert read({}, {"top_k": 3}).body == {"top_k": 3}
    assert read({"k": 4}, {"top_k": 3}).body == {"top_k": 4}


def test_what_was_sent_and_what_of_it_is_lost() -> None:
    chat = read({"heat": 0.5, "k": 3, "mind": "low", "note": 1, "strange": 1, "nothing": None})
    assert list(chat.sent) == ["temperature", "reasoning_effort", "top_k", "mind"]
    assert chat.unread == ["strange"]
    none = frozenset[str]()
    assert dropped(chat, SURFACE, none, none) == ["temperature", "reasoning_effort", "top_k", "mind"]
    assert dropped(chat, SURFACE, frozenset({"top_k"}), frozenset({"effort"})) == ["temperature"]
    assert list(SURFACE.renamed(["temperature", "top_k"])) == ["heat", "top_k"]
