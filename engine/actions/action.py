"""What an action is: inputs, a result, and what it does.

    async def run(given: Given, tools: Tools) -> Outcome:
        return Outcome({"models": [{"name": name} for name in tools.models()]})

    SPEC = Action(name="models.list", summary="…", run=run, result={"models": "…"}, reads=True, examples=(…))

`given` holds the inputs that an endpoint's `with:` gave, checked and of the right type; what was not given is
not in it. An action that streams need not know it: `Tools.ask` passes events on to the client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from engine.ports import Tools

Given = Mapping[str, Any]
NOTHING: Mapping[str, Any] = {}

# Kinds of events that an answer of a model is streamed in.
ANSWER_EVENTS = (
    "text",
    "reasoning",
    "refusal",
    "tool_call",
    "citation",
    "image",
    "finish",
    "usage",
    "start",
    "done",
)


class Outcome(NamedTuple):
    """What came of an action. `result` is what templates see, `completion` the same as a chat completion.

    `raw`, with its `content_type`, is the body as it stands, for what is no JSON.
    """

    result: Any
    completion: Any = None
    status: int | None = None
    headers: Mapping[str, str] = NOTHING
    content_type: str | None = None
    raw: bytes | None = None


class InputKind(StrEnum):
    """What may be written for an input: a template, or the name of something that the site declares."""

    VALUE = "value"
    PROMPT = "prompt"
    STORE = "store"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `schema` is a JSON Schema of its value; a text may say a number, if one is wanted."""

    name: str
    summary: str
    schema: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    required: bool = False
    kind: InputKind = InputKind.VALUE


@dataclass(frozen=True, slots=True)
class Example:
    """A use that is run as a test: these inputs, what the world answers in order, then this result.

    `asked` is what the action asked of the world: ("ask", body), (verb, args) and so on.
    """

    inputs: Mapping[str, Any]
    result: Any
    answers: tuple[Any, ...] = ()
    asked: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `result` says what its fields mean; `events` are the kinds that it streams, if it does.

    `one_of`: of each group of inputs one must be given at least · `reads`: it changes nothing, so an endpoint
    that names no method answers GET · `guarded`: it is for the operator, so its endpoint asks for more than
    the key of a client.
    """

    name: str
    summary: str
    run: Callable[[Given, Tools], Awaitable[Outcome]]
    result: Mapping[str, str]
    examples: tuple[Example, ...]
    inputs: tuple[Input, ...] = ()
    events: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    reads: bool = False
    guarded: bool = False
    answer: str | None = None
    """The input that is the answer, where one is."""

    def input(self, name: str) -> Input | None:
        return next((each for each in self.inputs if each.name == name), None)


def who(tools: Tools) -> str:
    """Who does it, for the audit."""
    name = tools.caller.get("name")
    return f"client:{name}" if name else "action"
