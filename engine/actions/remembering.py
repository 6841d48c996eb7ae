"""Chats of a client protocol that are written down: which, where, and what is new in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.actions.store import OpenStore, Store
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.surfaces.chat import Chat
from engine.surfaces.surface import Surface


class Place(NamedTuple):
    """Where one chat is written down."""

    store: OpenStore
    id: str
    user: str | None


@dataclass(frozen=True, slots=True)
class Remembering:
    """What an endpoint says of it; `surface` is its own, listening."""

    store: Store
    conversation: Program
    user: Program | None
    surface: Surface

    def place(self, scope: Scope) -> Place | None:
        """None for a chat that nobody wants to be written down."""
        conversation = self.conversation(scope)
        if conversation is None or conversation == "":
            return None
        user = self.user(scope) if self.user is not None else None
        return Place(self.store.opened(scope), str(conversation), None if user is None else str(user))


def news(chat: Chat) -> list[dict[str, Any]]:
    """What the user says in a request: the texts after the last answer, since clients repeat all before."""
    said: list[str] = []
    for turn in reversed(chat.turns):
        if turn["role"] != "user":
            break
        text = _text(turn["parts"])
        if text:
            said.append(text)
    return [{"role": "user", "content": text} for text in reversed(said)]


def _text(parts: Sequence[Any]) -> str:
    return "\n".join(part["text"] for part in parts if part["type"] == "text" and part.get("text"))
