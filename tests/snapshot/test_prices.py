"""Which price a target has: the alias's own, else the table's."""

from __future__ import annotations

import pytest

from engine.routing.price import Price
from engine.snapshot.model import Target
from tests.snapshot.sites import MOCK, compiled

PRICES = """
prices:
  mock/large: {input: 5, output: 9}
  mock/*: {input: 1, output: 2}
  "*": {request: 0}
models:
  plain: {targets: [mock/large, mock/small]}
  own: {targets: [mock/large], price: {input: 3.0, per: 1k}}
  any-*: {targets: ["mock/*"]}
  as-asked: {targets: [{provider: mock}]}
  said: {targets: [{provider: mock, model: "=body.model"}]}
"""


def targets(alias: str) -> tuple[Target, ...]:
    snapshot = compiled(mock=MOCK, a=PRICES).snapshot
    assert snapshot is not None
    found = snapshot.aliases.match(alias)
    assert found is not None
    return found.value.targets


def test_a_known_model_has_its_price_at_load() -> None:
    large, small = targets("plain")
    assert (large.price, small.price) == (Price(input=5, output=9), Price(input=1, output=2))
    assert large.price_of("large") == large.price


def test_the_alias_wins() -> None:
    (target,) = targets("own")
    assert target.price == target.price_of("whatever") == Price(input=3.0, per=1000)


@pytest.mark.parametrize("alias", ["any-x", "as-asked", "said"])
def test_a_model_that_the_request_says_is_looked_up(alias: str) -> None:
    (target,) = targets(alias)
    assert target.price is None
    assert target.price_of("large") == Price(input=5, output=9)
    assert target.price_of("other") == Price(input=1, output=2)


def test_without_prices_nothing_is_known() -> None:
    snapshot = compiled(mock=MOCK, a="models: {a: {targets: [mock/x]}}").snapshot
    found = snapshot.aliases.match("a") if snapshot else None
    assert found is not None and found.value.targets[0].price_of("x") is None


def test_a_name_must_hold_a_slash_or_a_star() -> None:
    found = compiled(mock=MOCK, a="prices: {large: {input: 1}}").diagnostics
    assert "bad-name" in [item.code for item in found]
