"""A recorded answer read by the engine: framing, dialect, fold."""

from __future__ import annotations

from typing import Any

from engine.errors import ErrorInfo
from engine.events import Event
from engine.surfaces.fold import Fold
from engine.testing.cuts import pieces
from engine.wire.registry import FRAMINGS, framing_for

from .corpus import answer_bytes, answer_json
from .dialects import compiled, scope

LIMIT = 16 * 2**20
FRAMES = {
    "sse": "text/event-stream",
    "ndjson": "application/x-ndjson",
    "eventstream": "application/vnd.amazon.eventstream",
}


def read(record: dict[str, Any], dialect: str, seed: int = 1) -> tuple[Fold, list[Event]]:
    """The fold and the normalised events of a recorded answer; a stream comes in cuts that `seed` decides."""
    fold = Fold(ids())
    events: list[Event] = []
    for found in upstream_events(record, dialect, seed):
        events += fold.feed(found)
    return fold, events + fold.end(complete=record["response"]["encoding"] not in FRAMES)


def ids() -> Any:
    counter = iter(range(1, 10**6))
    return lambda prefix: f"{prefix}{next(counter)}"


def upstream_events(record: dict[str, Any], dialect: str, seed: int) -> list[list[Event]]:
    """What the dialect makes of the answer, a list a frame."""
    program = compiled(dialect).operations["chat"]
    response = record["response"]
    spot = scope(dialect, model=record["model"] or "m")
    if response["encoding"] not in FRAMES:
        assert program.response is not None
        return [program.response.events(answer_json(record), response["status"], response["headers"], spot)]
    assert program.stream is not None
    assert framing_for(FRAMES[response["encoding"]]) is FRAMINGS.get(program.stream.framing)
    framing = FRAMINGS.get(program.stream.framing).open(LIMIT)  # type: ignore[union-attr]
    frames = [frame for piece in pieces(answer_bytes(record), seed) for frame in framing.feed(piece)]
    return [program.stream.events(frame, spot) for frame in [*frames, *framing.close()]]


def error(record: dict[str, Any], dialect: str) -> ErrorInfo:
    """What the dialect makes of an answer that is an error."""
    program = compiled(dialect).error
    assert program is not None
    response = record["response"]
    headers = {name.lower(): value for name, value in response["headers"].items()}
    text = answer_bytes(record).decode()
    return program.info(answer_json(record), response["status"], headers, text, scope(dialect))
