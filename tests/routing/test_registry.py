"""Every strategy's documented examples run, and none loses a target."""

from dataclasses import dataclass

import pytest

from engine.registry import Example
from engine.routing.registry import STRATEGIES
from engine.routing.strategy import Strategy


@dataclass(frozen=True)
class Place:
    name: str
    weight: float


def places(text: str) -> list[Place]:
    return [Place(name, float(weight)) for name, weight in (part.split(":") for part in text.split())]


CASES = [(spec, example) for spec in STRATEGIES for example in spec.examples]


@pytest.mark.parametrize(("spec", "example"), CASES, ids=[f"{s.name}:{e.text}" for s, e in CASES])
def test_example(spec: Strategy, example: Example) -> None:
    given = dict(example.given or {})
    ordered = spec.order(places(example.text), lambda: float(str(given["random"])))
    assert [place.name for place in ordered] == example.result


def test_each_has_examples_and_a_summary() -> None:
    assert all(spec.examples and spec.summary.endswith(".") for spec in STRATEGIES)
    assert {"first", "weighted"} <= set(STRATEGIES.names())


@pytest.mark.parametrize("spec", list(STRATEGIES), ids=lambda spec: spec.name)
@pytest.mark.parametrize("chance", [0.0, 0.3, 0.999999])
def test_none_is_lost(spec: Strategy, chance: float) -> None:
    given = places("a:1 b:0 c:5 d:2")
    assert sorted(spec.order(given, lambda: chance), key=lambda p: p.name) == given


def test_shares_follow_the_weights() -> None:
    spec = STRATEGIES.get("weighted")
    assert spec is not None
    firsts = [spec.order(places("a:9 b:1"), lambda n=n: n / 1000)[0].name for n in range(1000)]
    assert firsts.count("a") == 900
