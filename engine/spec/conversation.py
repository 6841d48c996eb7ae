"""`conversations:`, stores of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Spec, field, spec
from engine.tree import Node


@spec
class ConversationTitle(Spec):
    """How a conversation gets its title."""

    LABEL = "title"

    prompt: str | None = field(
        "The prompt that asks for one; it may say {{ question }} and {{ answer }}.",
        default=None,
        ref="prompt",
    )
    model: str | None = field(
        "The alias that is asked; the one that answered, if nothing is said.", default=None, ref="model"
    )
    params: Mapping[str, Any] = field(
        "Parameters of that request.", default={}, example={"temperature": 0.5, "max_tokens": 50}
    )
    default: str | None = field("What is told of one that has no title yet.", default=None)


@spec
class Conversations(Spec):
    """A store of conversations."""

    LABEL = "conversations"

    keep: int | None = field(
        "How many are kept; those that were used longest ago go.", default=None, minimum=1
    )
    per: Literal["owner", "store"] = field("Whether `keep` is of each owner or of all.", default="owner")
    title: ConversationTitle | None = field("How a conversation gets its title.", default=None)
    owner: Node | None = field(
        "Whose it is: nobody else sees it. If nothing is said, all see all.",
        default=None,
        example="=client.name",
    )
