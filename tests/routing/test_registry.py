"""Every strategy's documented examples run, and none loses a target."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.registry import Example
from engine.routing.registry import STRATEGIES
from engine.routing.strategy import Strategy


@dataclass(frozen=True)
class Place:
    label: str
    weight: float


@dataclass
class Said:
    """A moment that says what it was given, or counts on."""

    chance: float = 0.0
    turns: int = 0
    about: str | None = None
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    explore: float = 0.05

    def random(self) -> float:
        return self.chance

    def turn(self) -> int:
        return self.turns

    def key(self) -> str | None:
        return self.about

    def busy(self, option: Place) -> int:
        return int(self.figures.get("busy", {}).get(option.label, 0))

    def latency(self, option: Place) -> float | None:
        return self.figures.get("latency", {}).get(option.label)

    def cost(self, option: Place) -> float | None:
        return self.figures.get("cost", {}).get(option.label)


def moment(given: Mapping[str, Any]) -> Said:
    return Said(given.get("random", 0.0), given.get("turn", 0), given.get("key"), given)


def places(text: str) -> list[Place]:
    return [Place(name, float(weight)) for name, weight in (part.split(":") for part in text.split())]


def strategy(name: str) -> Strategy:
    found = STRATEGIES.get(name)
    assert found is not None
    return found


CASES = [(spec, example) for spec in STRATEGIES for example in spec.examples]


@pytest.mark.parametrize(("spec", "example"), CASES, ids=[f"{s.name}:{e.text}" for s, e in CASES])
def test_example(spec: Strategy, example: Example) -> None:
    ordered = spec.order(places(example.text), moment(example.given or {}))
    assert [place.label for place in ordered] == example.result


def test_each_has_examples_and_a_summary() -> None:
    assert all(spec.examples and spec.summary.endswith(".") for spec in STRATEGIES)
    names = {"first", "weighted", "round_robin", "least_busy", "lowest_latency", "lowest_cost", "sticky"}
    assert set(STRATEGIES.names()) == names


@pytest.mark.parametrize("spec", list(STRATEGIES), ids=lambda spec: spec.name)
@pytest.mark.parametrize("said", [Said(), Said(0.3, 7, "k"), Said(0.999999, 10**9)])
@pytest.mark.parametrize("figures", [{}, {"latency": {"a": 1, "b": 2, "c": 3, "d": float("inf")}}])
def test_none_is_lost(spec: Strategy, said: Said, figures: Mapping[str, Any]) -> None:
    given = places("a:1 b:0 c:5 d:2")
    said.figures = figures
    assert sorted(spec.order(given, said), key=lambda p: p.label) == given


def firsts(name: str, text: str, moments: list[Said]) -> Counter[str]:
    return Counter(strategy(name).order(places(text), said)[0].label for said in moments)


def test_shares_follow_the_weights() -> None:
    assert firsts("weighted", "a:9 b:1", [Said(n / 1000) for n in range(1000)]) == {"a": 900, "b": 100}


def test_turns_are_even() -> None:
    assert firsts("round_robin", "a:1 b:1 c:1", [Said(turns=n) for n in range(300)]) == {
        "a": 100, "b": 100, "c": 100,
    }  # fmt: skip


def test_the_idle_are_alike() -> None:
    assert firsts("least_busy", "a:1 b:1", [Said(n / 1000) for n in range(1000)]) == {"a": 500, "b": 500}


def test_a_share_looks_at_others() -> None:
    figures = {"latency": {"a": 0.1, "b": 0.2, "c": 0.3}}
    moments = [Said(n / 1000, figures=figures, explore=0.1) for n in range(1000)]
    assert firsts("lowest_latency", "c:1 b:1 a:1", moments) == {"a": 900, "b": 50, "c": 50}


def test_nobody_looks_when_it_is_not_wanted() -> None:
    figures = {"latency": {"a": 0.1, "b": 0.2}}
    assert firsts("lowest_latency", "b:1 a:1", [Said(0.0, figures=figures, explore=0.0)]) == {"a": 1}


def test_sticky_shares_follow_the_weights() -> None:
    moments = [Said(about=f"k{n}") for n in range(1000)]
    assert firsts("sticky", "a:9 b:1", moments) == {"a": 902, "b": 98}
