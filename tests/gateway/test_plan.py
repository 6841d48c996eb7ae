"""Where a request may go, and under which name."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from engine.errors import RequestRefused
from engine.gateway.plan import Place, legs, places
from engine.gateway.request import Request
from engine.routing.affinity import within
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
  new: {targets: [a/1, a/2], canary: {target: b/3, share: 5%}}
  kept: {targets: [a/1], canary: {target: b/3, share: 5%, by: client}}
  tools: {targets: [a/1], canary: {target: {provider: b, model: "3", when: "=!(!(chat.tools))"}, share: 100%}}
"""
SNAPSHOT = compiled(SITE)


def request(model: str, **body: Any) -> Request:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    sent = inbound(model, **body)
    return Request(SNAPSHOT, surface, sent, None, orjson.loads(sent.body), model)


def labels(model: str, chance: float = 0.0, **body: Any) -> list[str]:
    return [place.label for place in planned(model, Chance(chance), **body)]


@dataclass
class Chance:
    """Implements `plan.Chances`: chance and a key; what else is asked is news to it."""

    chance: float = 0.0
    about: str | None = None
    asked: list[str] = field(default_factory=list)
    explore: float = 0.0

    def random(self) -> float:
        self.asked.append("random")
        return self.chance

    def key_of(self, by: str) -> str | None:
        self.asked.append(by)
        return self.about

    def key(self) -> str | None:
        return self.about

    def turn(self) -> int:
        return 0

    def busy(self, option: Any) -> int:
        return 0

    def latency(self, option: Any) -> float | None:
        return None

    def cost(self, option: Any) -> float | None:
        return None


def planned(model: str, chance: Chance, **body: Any) -> list[Place]:
    made = request(model, **body)
    return places(made, next(legs(made)), lambda _: chance)[0]


def test_order() -> None:
    assert labels("list") == ["a/one", "b/two"]
    assert labels("drawn", 0.5) == ["b/y", "a/x"]
    assert labels("drawn", 0.95) == ["a/x", "b/y"]


def test_a_canary_has_its_share_and_stands_last_for_the_rest() -> None:
    assert labels("new", 0.95) == ["b/3", "a/1", "a/2"]
    assert labels("new", 0.949) == ["a/1", "a/2", "b/3"]
    assert labels("new", 0.0) == ["a/1", "a/2", "b/3"]


def test_a_canary_may_keep_to_those_that_it_has() -> None:
    def firsts(chance: float) -> list[str]:
        keys = [f"client-{n}" for n in range(200)]
        return [key for key in keys if planned("kept", Chance(chance, key))[0].label == "b/3"]

    assert firsts(0.0) == firsts(0.999) == [key for key in firsts(0.0) if within(0.05, "kept", key)]
    assert 0 < len(firsts(0.0)) < 20
    assert planned("kept", Chance(0.96))[0].label == "b/3"  # who is nobody is drawn


def test_a_canary_may_have_a_condition() -> None:
    assert labels("tools") == ["a/1"]
    assert labels("tools", tools=[{"type": "function", "function": {"name": "f"}}]) == ["b/3", "a/1"]


@pytest.mark.parametrize("model", ["list", "mid", "pre-1-x"])
def test_nothing_is_asked_that_need_not_be(model: str) -> None:
    chance = Chance()
    planned(model, chance)
    assert chance.asked == []


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
