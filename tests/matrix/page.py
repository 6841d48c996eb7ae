"""docs/matrix.md, written from what the cells came to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.matrix.cells import CLIENTS, FEATURES, Cell, State, cell, client
from tests.matrix.engine import dialects

PAGE = Path(__file__).resolve().parents[2] / "docs" / "matrix.md"
HEAD = """<!-- Written by `python -m tests.matrix`; do not edit. -->

# What works over which platform

Every cell below is a test ([tests/matrix](../tests/matrix/cells.py)): the official SDK of the protocol asks the engine, the call that goes up
is searched for what was asked, a simulated platform answers in its own wire format, and the SDK's own types must take the answer and say
what the platform said; whole and streamed.

| sign | meaning |
|---|---|
| ✓ | carried, both ways |
| words | the platform has no such parameter: it is asked for in words, and reported |
| told | not carried, and reported in `x-proxyctl-unsupported` or refused with 400 before any call |
| – | the platform has no such thing, which is reported in the same ways |

| feature | what is tested |
|---|---|
| text | system and question go up; text and finish reason come back |
| stream | the same in pieces, as they come |
| tools | a tool goes up, a call comes back, its result goes up with the call, whole and streamed |
| parallel | two calls in one answer, and both results |
| images | a PNG in the question |
| structured | a JSON Schema for the answer |
| reasoning | the wish for it goes up; the thoughts come back where the platform shows them |
| usage | tokens of prompt and answer; cached and reasoning tokens where both sides count them |
| errors | a refusal with its status and message; a failure in the middle of a stream |

Each platform is asked for a model that can do the most; what a model cannot do is told in the same ways.
"""


def page() -> str:
    return "\n".join([HEAD, *tables()]).rstrip() + "\n"


def tables() -> Iterator[str]:
    for made in CLIENTS:
        surface = made.surface
        can = [feature for feature in FEATURES if feature in client(surface).can]
        yield f"## {surface}\n"
        wordless = [feature for feature in FEATURES if feature not in can]
        if wordless:
            yield f"The protocol has no words for {', '.join(wordless)}.\n"
        yield row("platform", *can)
        yield row(*["---"] * (len(can) + 1))
        for dialect in dialects():
            yield row(dialect, *(sign(cell(surface, dialect, feature)) for feature in can))
        yield ""


def row(*fields: str) -> str:
    return f"| {' | '.join(fields)} |"


SIGNS = {State.WORKS: "✓", State.IN_WORDS: "words", State.TOLD: "told", State.LACKING: "–"}


def sign(found: Cell) -> str:
    return SIGNS[found.state]
