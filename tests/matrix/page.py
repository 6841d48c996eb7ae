"""docs/matrix.md, written from what the cells came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.matrix.cells import CLIENTS, FEATURES, MORE, Cell, State, cell, client
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
| pdf | a PDF in the question |
| audio | a WAV in the question |
| citations | a source that the answer names, with its address; – where the platform has none with an address |
| logprobs | the wish goes up; tokens come back with their probabilities, in the protocol's own form |
| candidates | two answers at once, whole and streamed |
| seed | goes up |
| tier | the wish for the service tier `flex` goes up, in the platform's own word |

Each platform is asked for a model that can do the most; what a model cannot do is told in the same ways.
"""


def page() -> str:
    return "\n".join([HEAD, *tables()]).rstrip() + "\n"


def tables() -> Iterator[str]:
    for made in CLIENTS:
        surface = made.surface
        yield f"## {surface}\n"
        wordless = [feature for feature in FEATURES | MORE if feature not in client(surface).can]
        if wordless:
            yield f"The protocol has no words for {', '.join(wordless)}.\n"
        yield from table(surface, FEATURES)
        yield from table(surface, MORE)


def table(surface: str, features: Iterable[str]) -> Iterator[str]:
    """One of what every chat is made of, one of what fewer have."""
    can = [feature for feature in features if feature in client(surface).can]
    if not can:
        return
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
