"""Where a request may go, and under which name."""

from typing import Any

import orjson
import pytest

from engine.errors import RequestRefused
from engine.gateway.plan import Place, legs, places
from engine.gateway.request import Request
from engine.surfaces.registry import SURFACES
from tests.gateway.playbook import compiled, inbound

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
  b: {dialect: plain, base_url: "https://b.test"}
models:
  list: {targets: [a/one, b/two]}
  drawn: {strategy: weighted, targets: [{provider: a, model: x, weight: 1}, {provider: b, model: y, weight: 9}]}
  "pre-*-x": {targets: ["a/v-*", {provider: b}]}
  made: {targets: [{provider: a, model: "=if(chat.tools, 'big', 'small')"}]}
  top: {targets: [a/1], fallback: [mid, low, "pre-9-x"], params: {temperature: 1}}
  mid: {targets: [a/2], fallback: [low], override: {temperature: 2}}
  low: {targets: [a/3], fallback: [other]}
  other: {targets: [b/4], override: {messages: 1}}
"""
SNAPSHOT = compiled(SITE)


def request(model: str, **body: Any) -> Request:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    sent = inbound(model, **body)
    return Request(SNAPSHOT, surface, sent, None, orjson.loads(sent.body), model)


def labels(model: str, chance: float = 0.0, **body: Any) -> list[str]:
    made = request(model, **body)
    found: list[Place] = places(made, next(legs(made)), lambda: chance)[0]
    return [place.label for place in found]


def test_order() -> None:
    assert labels("list") == ["a/one", "b/two"]
    assert labels("drawn", 0.5) == ["b/y", "a/x"]
    assert labels("drawn", 0.95) == ["a/x", "b/y"]


def test_names() -> None:
    assert labels("pre-7/b-x") == ["a/v-7/b", "b/pre-7/b-x"]
    assert labels("made") == ["a/small"]
    assert labels("made", tools=[{"type": "function", "function": {"name": "f"}}]) == ["a/big"]


def test_legs_go_deep_first_and_none_twice_and_none_that_refuses() -> None:
    assert [leg.name for leg in legs(request("top"))] == ["top", "mid", "low", "pre-9-x"]


def test_each_leg_has_the_body_in_its_own_words() -> None:
    temperatures = [leg.chat.temperature for leg in legs(request("top"))]
    assert temperatures == [1, 2, None, None]


def test_the_requested_alias_refuses_aloud() -> None:
    with pytest.raises(RequestRefused):
        next(legs(request("other")))
