"""What is said of routing before anything has happened."""

from typing import Any

import pytest

from engine.gateway.explain import explain
from tests.gateway.playbook import client, compiled

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", breaker: {failures: 3, window: 1m, open: 9s}}
  b: {dialect: plain, base_url: "https://b.test", breaker: off, health: {path: /ok, every: 5s}}
models:
  first: {targets: [a/m, b/m]}
  drawn: {strategy: weighted, targets: [{provider: a, model: m, weight: 1}, {provider: b, model: m, weight: 3}]}
  turns: {strategy: round_robin, targets: [a/m, b/m]}
  busy: {strategy: least_busy, targets: [a/m, b/m]}
  soon: {strategy: lowest_latency, explore: 10%, targets: [a/m, b/m]}
  cheap: {strategy: lowest_cost, targets: [a/m, {provider: b, model: m, price: {input: 1, output: 1}}]}
  stuck: {strategy: sticky, by: "header:x-s", targets: [a/m, b/m]}
  clients: {strategy: sticky, targets: [a/m, b/m]}
  new: {targets: [a/m], canary: {target: b/n, share: 5%, by: client}, mirror: {target: a/x, share: 50%}}
  small: {targets: [{provider: a, model: m, context: 10}, b/m], context: 2k}
"""
SNAPSHOT = compiled(SITE)


def leg(model: str, name: str | None = None, **body: Any) -> dict[str, Any]:
    whole = {"model": model, "messages": [{"role": "user", "content": "hello " * 20}], **body}
    told = explain(SNAPSHOT, whole, {}, client(name) if name else None)
    made: dict[str, Any] = told["legs"][0]
    return made


def targets(model: str, name: str | None = None) -> list[str]:
    return [f"{target['provider']}/{target['model']}" for target in leg(model, name)["targets"]]


@pytest.mark.parametrize(
    ("model", "shares"),
    [
        ("first", [1.0, 0.0]),
        ("drawn", [0.75, 0.25]),
        ("turns", [0.5, 0.5]),
        ("busy", [None, None]),
        ("soon", [None, None]),
        ("cheap", [None, None]),
        ("stuck", [0.5, 0.5]),
        ("new", [0.95, 0.05]),
        ("small", [1.0, 0.0]),
    ],
)
def test_shares(model: str, shares: list[float | None]) -> None:
    assert leg(model)["shares"] == pytest.approx(shares)


def test_each_strategy_says_what_it_does() -> None:
    told = leg("soon")
    assert (told["strategy"], told["explore"], told["by"]) == ("lowest_latency", 0.1, None)
    assert told["why"].startswith("Begin with the target whose first token came soonest")
    assert leg("stuck")["by"] == "header:x-s"


def test_canary_and_mirror() -> None:
    told = leg("new")
    assert told["canary"] == {"target": "b/n", "share": 0.05, "by": "client"}
    assert told["mirror"] == {"target": "a/x", "share": 0.5}
    assert targets("new") == ["a/m", "b/n"]
    assert (leg("first")["canary"], leg("first")["mirror"]) == (None, None)


def test_a_client_sees_its_own_order() -> None:
    assert {tuple(targets("clients", f"c{n}")) for n in range(9)} == {("a/m", "b/m"), ("b/m", "a/m")}


def test_prices_decide_where_they_are_known() -> None:
    assert targets("cheap") == ["b/m", "a/m"]
    first, second = leg("cheap")["targets"]
    assert first["cost"] > 0 and second["cost"] is None


def test_breaker_health_and_room() -> None:
    first, second = leg("first")["targets"]
    assert first["breaker"] == {"failures": 3, "window": 60.0, "open": 9.0}
    assert (first["health"], first["context"]) == (None, None)
    assert second["breaker"] == "off"
    assert (second["health"]["path"], second["health"]["every"]) == ("/ok", 5.0)
    small, larger = leg("small")["targets"]
    assert small["context"]["tokens"] == 10 < small["context"]["needed"] < larger["context"]["tokens"] == 2000
