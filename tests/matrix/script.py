"""What a platform shall answer, in words that are nobody's: each platform's file writes it in its own format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Json = dict[str, Any]


class Call(NamedTuple):
    """A tool call of the answer."""

    id: str
    name: str
    given: Mapping[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.given, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Script:
    """An answer: `text` and `thoughts` in the pieces that a stream has. `breaks`: it fails after its first piece.

    `cites`: it names `SOURCE` · `logged`: each piece is a token of known probability · `others`: further candidates.
    """

    text: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    fails: bool = False
    breaks: bool = False
    cites: bool = False
    logged: bool = False
    others: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        return "".join(self.text)

    @property
    def thought(self) -> str:
        return "".join(self.thoughts)

    @property
    def logs(self) -> list[tuple[str, float]]:
        """Tokens and their probabilities, as logarithms."""
        return [(piece, -0.5 * number) for number, piece in enumerate(self.text)] if self.logged else []

    @property
    def tokens(self) -> list[Json]:
        """The same as most platforms tell it."""
        return [logged(*log) for log in self.logs]


SOURCE, TITLE = "https://rhein.test/koeln", "Köln am Rhein"
# What every answer cost: cached tokens are part of the prompt, reasoning is part of the output.
PROMPT, CACHED, OUTPUT, REASONING = 20, 8, 12, 5
SIGNATURE = "c2lnbmVk"
REFUSED = "slow down, please"
BROKEN = "the model fell over"


class Body(NamedTuple):
    """What goes over the wire."""

    status: int
    content_type: str
    data: bytes
    headers: Mapping[str, str] = {}


class Platform(NamedTuple):
    """How a platform answers.

    `whole` and `stream` write a script, `streams` says whether a call (path, body) asks for a stream, `fail` is its
    refusal of too many calls. `tells` is what else than text its answers have: thoughts, cached, reasoning (counts),
    signed (thoughts), citations, logprobs, candidates.
    """

    whole: Callable[[Script], Body]
    stream: Callable[[Script], Body] | None
    fail: Body
    streams: Callable[[str, Json], bool]
    tells: frozenset[str] = frozenset()
    breaks: bool = True


def logged(token: str, logprob: float) -> Json:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": []}


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Body:
    return Body(status, "application/json", json.dumps(value, ensure_ascii=False).encode(), headers or {})


def as_events(*frames: Any, named: bool = False, end: str | None = None, line: str = "\n") -> Body:
    """Server-sent events; `named` ones are (event, data) pairs."""
    blocks = []
    for frame in frames:
        event, data = frame if named else (None, frame)
        lines = [f"event: {event}"] if event else []
        lines.append(f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}")
        blocks.append(line.join(lines) + line * 2)
    blocks += [f"data: {end}{line * 2}"] if end else []
    return Body(200, "text/event-stream", "".join(blocks).encode())


def in_halves(text: str) -> tuple[str, str]:
    """Arguments of a call come in pieces."""
    return text[: len(text) // 2], text[len(text) // 2 :]


def body_streams(_: str, body: Json) -> bool:
    return bool(body.get("stream"))
