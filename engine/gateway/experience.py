"""What one worker remembers of providers and targets, from request to request and across reloads."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.memo import Memo
from engine.routing.failover import RESERVE, RetryBudget
from engine.routing.latency import Latencies


@dataclass(slots=True)
class Experience:
    """`reserve`: repetitions that a provider may make before there was any traffic to pay for them."""

    reserve: float = RESERVE
    latencies: Latencies = field(default_factory=Latencies)
    savings: Memo[str, RetryBudget] = field(init=False)
    """By the name of the provider."""

    @classmethod
    def of_one(cls, workers: int) -> Experience:
        """Of one of so many workers: the reserve is meant for all of them, but each may repeat something."""
        return cls(max(1.0, RESERVE / workers))

    def __post_init__(self) -> None:
        reserve = self.reserve
        self.savings = Memo(lambda _: RetryBudget(reserve))
