"""What a request costs, in US dollars. A price that is not known makes the cost unknown, never zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for `per` tokens of a kind, for each request, and for each unit of what is no token.

    A kind without a price of its own is paid for as what it is part of: cached tokens as `input`, reasoning
    as `output`. A price that names nothing but `request` is flat: tokens cost nothing.
    """

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None
    request: float | None = None
    per: int = 1_000_000
    unit: float | None = None
    flat: bool = field(init=False, repr=False, compare=False)
    _rates: tuple[tuple[str, float | None], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = (self.input, self.output, self.cache_read, self.cache_write, self.reasoning, self.unit)
        object.__setattr__(self, "flat", self.request is not None and named == (None,) * len(named))
        object.__setattr__(self, "_rates", () if self.flat else tuple(self._by_kind()))

    def _by_kind(self) -> list[tuple[str, float | None]]:
        """Dollars for one token, by the names that settled usage has for what is counted once."""
        paid = {
            "input": self.input,
            "visible": self.output,
            "cache_read": self.input if self.cache_read is None else self.cache_read,
            "cache_write": self.input if self.cache_write is None else self.cache_write,
            "reasoning": self.output if self.reasoning is None else self.reasoning,
        }
        return [(kind, None if price is None else price / self.per) for kind, price in paid.items()]

    def cost(self, usage: Mapping[str, Any] | None) -> float | None:
        """Dollars for settled usage (`surfaces.usage.settle`), or None: unknown.

        It reads `input` (without cached tokens), `cache_read`, `cache_write`, `visible` (without reasoning)
        and `reasoning`, and `units`; what is left out counts as 0.
        """
        total = self.request or 0.0
        if self.flat:
            return total
        if usage is None:
            return None
        told = usage.get
        for kind, rate in self._rates:
            count = told(kind)
            if count:
                if rate is None:
                    return None
                total += count * rate
        units = told("units")
        if units:
            if self.unit is None:
                # Where both are told, tokens are what is paid for.
                return total if told("total") else None
            total += units * self.unit
        return total

    def estimate(self, prompt: int, answer: int) -> float | None:
        """Dollars for tokens that are expected: nothing cached, nothing but words."""
        total = self.request or 0.0
        if self.flat:
            return total
        (_, input), (_, visible), *_ = self._rates
        if (input is None and prompt) or (visible is None and answer):
            return None
        return total + prompt * (input or 0.0) + answer * (visible or 0.0)


FREE = Price(request=0.0)
