"""Limits that concern one request: what needs to be known of them only once, and what each request takes."""

from __future__ import annotations

from engine.limits.allowance import BUDGET, REQUESTS, TOKENS, Allowance
from engine.limits.period import period
from engine.limits.told import Telling
from engine.memo import Memo
from engine.ports import Take, new_take

# So many combinations are kept: in the main, one for each client that has limits.
KEPT = 4096


class Together:
    """The bounds of some allowances, in their order.

    `tokens`, `dollars`: whether any counts these · `settled`: whether anything is to be told to the counters
    at the end; requests stay counted · `telling`: how they are told in headers.
    """

    __slots__ = (
        "_budgets", "_takes", "_tokens", "allowances", "bounds", "dollars", "settled", "telling", "tokens",
    )  # fmt: skip

    def __init__(self, allowances: tuple[Allowance, ...]) -> None:
        self.allowances = allowances
        self.bounds = bounds = tuple(bound for each in allowances for bound in each.bounds)
        self._takes = tuple(bound.take for bound in bounds)
        self._tokens = tuple((at, bound.take) for at, bound in enumerate(bounds) if bound.kind is TOKENS)
        self._budgets = tuple((at, bound) for at, bound in enumerate(bounds) if bound.kind is BUDGET)
        self.tokens, self.dollars = bool(self._tokens), bool(self._budgets)
        self.settled = any(bound.kind is not REQUESTS for bound in bounds)
        self.telling = Telling(bounds)

    def takes(self, tokens: int, dollars: float, now: float) -> list[Take]:
        """What to take for a request that is expected to come to so many tokens and dollars.

        More tokens than the limit itself are taken as the limit: such a request is let in when nothing else
        is.
        """
        wanted = [*self._takes]
        for at, (key, limit, window, _, _) in self._tokens:
            wanted[at] = new_take((key, limit, window, float(tokens) if tokens < limit else limit, None))
        for at, bound in self._budgets:
            since, seconds = period(bound.per, now)
            key, limit, *_ = bound.take
            wanted[at] = new_take((key, limit, seconds, dollars, since))
        return wanted

    def used(self, tokens: float, dollars: float) -> list[float]:
        """What was really used of each take, for `Counters.settle`."""
        amounts = [1.0] * len(self.bounds)
        for at, _ in self._tokens:
            amounts[at] = tokens
        for at, _ in self._budgets:
            amounts[at] = dollars
        return amounts


NO_LIMITS = Together(())
TOGETHER: Memo[tuple[Allowance, ...], Together] = Memo(Together, KEPT)
"""By the allowances, in their order."""
