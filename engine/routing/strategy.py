"""What a routing strategy is, and what it may ask of the moment of a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.registry import Example


class Moment(Protocol):
    """Each answer is made when it is asked for: a strategy that asks nothing costs nothing.

    `explore` is the share of requests that `lowest_latency` spends on looking at other targets.
    """

    @property
    def explore(self) -> float: ...

    def random(self) -> float:
        """Uniform in [0, 1), anew with each call."""
        ...

    def turn(self) -> int:
        """How many requests of this alias have asked before, on all workers: 0, 1, 2, …"""
        ...

    def key(self) -> str | None:
        """What the request belongs to, as the alias's `by` says; None when it does not say."""
        ...

    def busy(self, option: Any) -> int:
        """Requests that a target is answering now, on all workers."""
        ...

    def latency(self, option: Any) -> float | None:
        """Seconds to a target's first token of late; infinite after nothing but failure, None if unknown.

        To ask for an unknown one is to be about to try it: until that is over, others hear that it is slow.
        """
        ...

    def cost(self, option: Any) -> float | None:
        """What the request would cost there, in US dollars; None if the price is unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Strategy:
    """`order(options, moment)` gives all options, the one to begin with first, the others to fail over to.

    An option has a `label` and a `weight`. An example's text lists options as `name:weight`, `given` holds
    what the moment says (`random`, `turn`, `key`; `busy`, `latency`, `cost` by name); its result is names.
    """

    name: str
    summary: str
    order: Callable[[Sequence[Any], Moment], Sequence[Any]]
    examples: tuple[Example, ...]
