"""`conversations:`, stores of conversations."""

from __future__ import annotations

from engine.spec.base import Spec, field, spec
from engine.tree import Node


@spec
class ConversationTitle(Spec):
    """How a conversation gets its title."""

    LABEL = "title"

    prompt: str = field("The prompt that asks for one.", ref="prompt")
    model: str = field("The alias that is asked.", ref="model")


@spec
class Conversations(Spec):
    """A store of conversations."""

    LABEL = "conversations"

    keep: int | None = field("How many are kept for an owner; the oldest go.", default=None, minimum=1)
    title: ConversationTitle | None = field("How a conversation gets its title.", default=None)
    owner: Node | None = field("Whose it is.", default=None, example="=client.name")
