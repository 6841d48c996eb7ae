"""What an answer is made of, once its events are folded together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from engine.errors import ErrorInfo


class Meta(NamedTuple):
    """What the engine says of an answer where its upstream does not; `created` in seconds since 1970."""

    id: str
    model: str
    created: int
    uid: Callable[[str], str]


new_meta = partial(tuple.__new__, Meta)
"""`Meta(…)` of a tuple, which spares the call of its keyword-taking constructor."""


class Thought(NamedTuple):
    """A block of reasoning with what its platform wants to see again: a signature, fields of its own."""

    text: str
    signature: str | None = None
    extra: Mapping[str, Any] | None = None


class ToolCall(NamedTuple):
    """A whole call; `arguments` is JSON text, `{}` where the platform gave none."""

    id: str
    name: str
    arguments: str
    extra: Mapping[str, Any] | None = None


@dataclass(slots=True)  # frozen, it would take three times as long to make
class FoldedChoice:
    """One choice. `text` is None when no text came at all; `finish` is one of `events.FINISH_REASONS`."""

    index: int
    finish: str
    text: str | None = None
    thoughts: Sequence[Thought] = ()
    refusal: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    citations: Sequence[Mapping[str, Any]] = ()
    logprobs: Mapping[str, Sequence[Any]] | None = None
    audio: Mapping[str, Any] | None = None
    images: Sequence[Mapping[str, Any]] = ()
    parts: Sequence[tuple[str, Any]] = field(default=(), compare=False)
    """The content in order, where it is more than a text and its calls: see `choice.Choice.parts`."""

    @property
    def reasoning(self) -> str | None:
        return "".join([thought.text for thought in self.thoughts]) or None


class Folded(NamedTuple):
    """A whole answer. `start` holds what a `start` event may; `usage` is settled, see `surfaces.usage`."""

    start: Mapping[str, Any]
    choices: Sequence[FoldedChoice]
    usage: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = {}
    error: ErrorInfo | None = None

    @property
    def text(self) -> str:
        """The text of the first choice."""
        return (self.choices[0].text or "") if self.choices else ""


new_folded = partial(tuple.__new__, Folded)
"""`Folded(…)` of a tuple, in the same way."""
