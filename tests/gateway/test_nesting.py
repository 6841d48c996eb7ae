from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from engine.gateway.nesting import SHORT, nests_deeper
from tests.gateway.playbook import Game, Json

SITE = """
providers: {b: {dialect: plain, base_url: "https://b.test"}}
models: {alone: {targets: [b/m]}}
"""


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = {"a": [value]} if levels % 2 else [value]
    return value


@pytest.mark.parametrize(
    ("data", "limit", "deeper"),
    [
        ({}, 1, False),
        ([[]], 1, True),
        ([[]], 2, False),
        ([[], {"a": {"b": 1}}, []], 2, True),
        ([[], {"a": {"b": 1}}, []], 3, False),
        ({"text": "[[[[[[[["}, 2, False),
        ([["]"], {"[": "["}], 2, False),
        (nested(40), 39, True),
        (nested(40), 40, False),
    ],
)
def test_levels_are_counted(data: Any, limit: int, deeper: bool) -> None:
    for blanks in (b"", b" " * SHORT):
        raw = orjson.dumps(data) + blanks
        assert nests_deeper(raw, orjson.loads(raw), limit) is deeper


def depth(data: Any) -> int:
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else None
    return 0 if children is None else 1 + max(map(depth, children), default=0)


def grown(chance: random.Random, most: int) -> Any:
    kind = chance.choice("oalt") if most else "t"
    if kind == "t":
        return chance.choice(["text", "[{", 1, 1.5, True, None])
    children = [grown(chance, most - 1) for _ in range(chance.randint(0, 3))]
    return children if kind != "o" else {f"n{place}": child for place, child in enumerate(children)}


def test_depth_is_what_walking_finds_whatever_the_shape() -> None:
    chance = random.Random(3)
    blanks = b" " * SHORT
    depths = []
    for _ in range(500):
        raw = orjson.dumps(grown(chance, 9)) + blanks
        data = orjson.loads(raw)
        depths.append(depth(data))
        found = [limit for limit in range(1, 12) if not nests_deeper(raw, data, limit)]
        assert found[0] == max(1, depths[-1])
    assert set(depths) >= {0, 1, 2, 5, 9}


def test_a_body_that_nests_too_deep_is_refused() -> None:
    game = Game(SITE)
    shallow = game.ask("alone", script=[Json({"text": "hi", "finish": "stop"})], metadata={"x": nested(90)})
    deep = game.ask("alone", script=[], metadata={"x": nested(100)})
    assert shallow.status == 200
    assert (deep.status, deep.error["code"]) == (400, "json_too_deep")
