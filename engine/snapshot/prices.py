"""Prices: of an alias, and of `prices:`, put onto targets where the upstream's model is known at load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.globs import is_glob
from engine.routing.aliases import AliasTable
from engine.routing.price import Price
from engine.spec.model import Model, Target
from engine.spec.model import Price as DeclaredPrice
from engine.tree import Scalar

# By provider/model: exact names, then globs, the longest first. None where no price is declared.
Prices = AliasTable[Price] | None


class Paid(NamedTuple):
    """The price of a target, or the table where it is looked up once a request says the model."""

    price: Price | None = None
    prices: Prices = None


def build_prices(declared: Mapping[str, DeclaredPrice]) -> Prices:
    if not declared:
        return None
    return AliasTable.build((name, _price(price)) for name, price in declared.items())


def priced(alias: Model, target: Target, prices: Prices) -> Paid:
    """The target's own price wins over the alias's, and that over the table."""
    own = target.price or alias.price
    if own is not None:
        return Paid(_price(own))
    if prices is None or target.provider is None:
        return Paid()
    model = _plain_name(target)
    if model is None:
        return Paid(prices=prices)
    found = prices.match(f"{target.provider}/{model}")
    return Paid(found.value if found else None)


def _price(declared: DeclaredPrice) -> Price:
    return Price(
        declared.input,
        declared.output,
        declared.cache_read,
        declared.cache_write,
        declared.reasoning,
        declared.request,
        declared.per,
        declared.unit,
    )


def _plain_name(target: Target) -> str | None:
    """The upstream's model, unless the client or a template says it."""
    value = target.model.value if isinstance(target.model, Scalar) else None
    if not isinstance(value, str) or value.startswith("=") or "${" in value or is_glob(value):
        return None
    return value
