"""An upstream that sends nonsense fails the request with a message that has a place; it never breaks the engine."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from engine.errors import MappingFailed
from engine.surfaces.fold import Fold

from . import reference
from .answers import FRAMES, ids
from .corpus import DIALECTS, answered, cases, needs_recordings
from .dialects import compiled, scope

pytestmark = needs_recordings

NONSENSE = [None, 1, -1, 0, 1.5, True, "x", "", [], {}, [1], {"a": 1}]
ROUNDS = 5
MOST_FRAMES = 30


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def spoiled(value: Any, chance: random.Random) -> Any:
    """A copy in which one thing is missing or something else."""
    found = list(places(value))
    if not found:
        return chance.choice(NONSENSE)
    made = copy.deepcopy(value)
    *way, last = chance.choice(found)
    inner = made
    for step in way:
        inner = inner[step]
    if isinstance(inner, dict) and chance.random() < 0.3:
        del inner[last]
    else:
        inner[last] = chance.choice(NONSENSE)
    return made


@pytest.mark.parametrize("record", cases(answered))
def test_an_answer(record: dict[str, Any]) -> None:
    dialect = DIALECTS[record["api"]]
    program = compiled(dialect).operations["chat"]
    assert program.stream and program.response
    chance = random.Random(record["id"])
    frames = reference.frames(record)[:MOST_FRAMES]
    for _ in range(ROUNDS):
        spot, fold, bad = scope(dialect, state=None), Fold(ids()), chance.randrange(len(frames))
        for number, (name, frame) in enumerate(frames):
            data = spoiled(frame, chance) if number == bad else frame
            spot.event = name
            try:
                if record["response"]["encoding"] in FRAMES:
                    fold.feed(program.stream.read(data, spot))
                else:
                    fold.feed(program.response.events(data, 200, {}, spot))
            except MappingFailed as failure:
                assert ".yaml:" in failure.where
                break
        fold.end()
        assert fold.ended


@pytest.mark.parametrize("record", cases(lambda record: not answered(record)))
def test_an_error(record: dict[str, Any]) -> None:
    dialect = DIALECTS[record["api"]]
    chance = random.Random(record["id"])
    status = record["response"]["status"]
    for _ in range(ROUNDS):
        data = spoiled(record["response"].get("body"), chance)
        info = compiled(dialect).error.info(data, status, {}, "as it came", scope(dialect))
        assert info.message and info.status >= 400
