"""Every strategy's documented examples run."""

from typing import Any

import pytest

from engine.credentials.model import Credential
from engine.credentials.registry import STRATEGIES
from engine.credentials.strategy import Draw, Strategy
from engine.registry import Example

CASES = [(spec, example) for spec in STRATEGIES for example in spec.examples]


@pytest.mark.parametrize(("spec", "example"), CASES, ids=[f"{s.name}:{e.given}" for s, e in CASES])
def test_example(spec: Strategy, example: Example) -> None:
    given: dict[str, Any] = {
        "turn": 0,
        "random": 0.0,
        "every": 1,
        "used": {},
        "asker": "",
        **(example.given or {}),
    }
    parts = [part.split(":") for part in example.text.split()]
    ready = [Credential(id, "k", weight=float(weight)) for id, weight in parts]
    draw = Draw(
        lambda: given["turn"],
        lambda: given["random"],
        given["every"],
        lambda id: given["used"].get(id, 0.0),
        asker=lambda: given["asker"],
    )
    assert [one.id for one in spec.order(ready)(draw)] == example.result
    names = {"round_robin", "rotate", "weighted", "least_used", "random", "sticky"}
    assert names == set(STRATEGIES.names())
