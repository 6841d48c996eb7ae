from __future__ import annotations

import json

import pytest

from engine.bench.bodies import SIZES, body
from engine.bench.order import Order, order_of

SMALLEST = {"1 kB": 800, "30 kB": 25_000, "1 MB": 900_000}


@pytest.mark.parametrize("size", SIZES)
def test_a_body_has_its_size_its_model_and_its_order(size: str) -> None:
    order = Order(events=7)
    text = body(size, "smart", order, stream=True)
    given = json.loads(text)
    assert SMALLEST[size] <= len(text) <= SMALLEST[size] * 1.5
    assert given["model"] == "smart" and given["stream"] is True
    assert order_of(text) == order
    assert "stream" not in json.loads(body(size, "smart", order))


def test_the_large_one_is_a_long_conversation_with_tools() -> None:
    given = json.loads(body("30 kB", "m", Order()))
    assert (len(given["messages"]), len(given["tools"])) == (61, 20)
    assert given["messages"][-1]["role"] == "user"
