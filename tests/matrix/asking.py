"""What a client asks and hears, whatever protocol it speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from tests.matrix.script import Call

SYSTEM = "Be brief, Horatio."
QUESTION = "Where is Köln?"
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRvYmoK"
SOUND = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAABAAIAAwAEAA=="
SEED, TIER = 90_210, "flex"
TOOL = "weather"
TOLD = "tells the weather of a city"
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"river_name": {"type": "string"}},
    "required": ["river_name"],
    "additionalProperties": False,
}


class Result(NamedTuple):
    """A call that the model made, and what came of it."""

    call: Call
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    stream: bool = False
    picture: bool = False
    tools: bool = False
    schema: bool = False
    think: bool = False
    results: tuple[Result, ...] = ()
    pdf: bool = False
    sound: bool = False
    logprobs: bool = False
    two: bool = False
    seed: bool = False
    tier: bool = False


class HeardCall(NamedTuple):
    id: str | None
    name: str
    given: Any


@dataclass(slots=True)
class Heard:
    """What the SDK made of the answer. `usage`: prompt, cached, output, reasoning; what it does not tell is missing.

    `cited`: URLs · `logs`: tokens and their probabilities · `others`: texts of the candidates after the first.
    """

    text: str = ""
    pieces: int = 0
    thoughts: str = ""
    calls: list[HeardCall] = field(default_factory=list)
    finish: str | None = None
    usage: dict[str, int] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    cited: list[str | None] = field(default_factory=list)
    logs: list[tuple[str, float]] = field(default_factory=list)
    others: dict[int, str] = field(default_factory=dict)
    raw: Any = None


class Refusal(NamedTuple):
    """An error, as the SDK raised it."""

    status: int | None
    message: str


class Client(Protocol):
    """One protocol, spoken by its official SDK. `can`: the features that the protocol has words for."""

    surface: str
    can: frozenset[str]
    errors: tuple[type[Exception], ...]

    def ask(self, model: str, ask: Ask) -> Heard:
        """Raises one of `errors`."""
        ...

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        """The conversation goes on: what was heard goes back as it came, with results."""
        ...

    def refusal(self, error: Exception) -> Refusal: ...

    def check(self, body: bytes, *, stream: bool) -> None:
        """The official types take the answer. Raises `ValidationError`."""
        ...


EVERYTHING = frozenset(
    {"text", "stream", "tools", "parallel", "images", "structured", "reasoning", "usage", "errors"}
)

FURTHER = frozenset({"pdf", "audio", "citations", "logprobs", "candidates", "seed", "tier"})


def counted(**usage: int | None) -> dict[str, int]:
    return {name: count for name, count in usage.items() if count is not None}


def loads(text: str | None) -> Any:
    return json.loads(text or "{}")


def frames(body: bytes) -> list[tuple[str | None, str]]:
    """(event, data) of server-sent events."""
    found = []
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        lines: Mapping[str, str] = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "data" in lines:
            found.append((lines.get("event"), lines["data"]))
    return found
