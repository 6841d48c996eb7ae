"""What a request costs, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from engine.routing.price import Price
from engine.surfaces.usage import settle

FULL = Price(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75, reasoning=20.0, request=0.01)


@pytest.mark.parametrize(
    ("price", "counts", "cost"),
    [
        (FULL, {"prompt": 10**6}, 3.01),
        (FULL, {"prompt": 10**6, "output": 10**6}, 18.01),
        # Cached tokens are part of the prompt, reasoning of the output: nothing is paid for twice.
        (FULL, {"prompt": 10**6, "cache_read": 10**6}, 0.31),
        (FULL, {"prompt": 10**6, "cache_write": 500_000, "cache_read": 500_000}, 2.035),
        (FULL, {"input": 10**6, "cache_read": 10**6}, 3.31),
        (FULL, {"prompt": 0, "output": 10**6, "reasoning": 500_000}, 17.51),
        # Without a price of its own, a part costs what the whole does.
        (Price(input=2.0, output=4.0), {"prompt": 10**6, "cache_read": 400_000}, 2.0),
        (Price(input=2.0, output=4.0), {"prompt": 0, "output": 10**6, "reasoning": 10**6}, 4.0),
        (Price(input=2.0, output=4.0, per=1000), {"prompt": 500, "output": 250}, 2.0),
        (Price(input=0.0, output=0.0), {"prompt": 5, "output": 5}, 0.0),
        # What has no price makes the whole unknown, if there was any of it.
        (Price(input=2.0), {"prompt": 10**6}, 2.0),
        (Price(input=2.0), {"prompt": 10**6, "output": 1}, None),
        (Price(), {"prompt": 1}, None),
        (Price(input=2.0, request=1.0), None, None),
        # Flat: nothing but the request is paid for.
        (Price(request=0.5), {"prompt": 10**6, "output": 10**6}, 0.5),
        (Price(request=0.5), None, 0.5),
    ],
)
def test_cost(price: Price, counts: dict[str, Any] | None, cost: float | None) -> None:
    found = price.cost(settle(counts) if counts else None)
    assert found is None if cost is None else found == pytest.approx(cost)


@pytest.mark.parametrize(
    "price", [FULL, Price(), Price(input=2.0), Price(output=4.0, per=1000), Price(request=0.5)]
)
@pytest.mark.parametrize("tokens", [(1000, 100), (1000, 0), (0, 100), (0, 0)])
def test_an_estimate_is_the_cost_of_words(price: Price, tokens: tuple[int, int]) -> None:
    prompt, answer = tokens
    cost = price.cost({"input": prompt, "visible": answer})
    assert price.estimate(prompt, answer) == (None if cost is None else pytest.approx(cost))


def test_prices_that_say_the_same_are_the_same() -> None:
    assert Price(input=1.0) == Price(input=1.0) != Price(input=2.0)
