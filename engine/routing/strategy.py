"""What a routing strategy is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.registry import Example

Random = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Strategy:
    """`order(targets, random)` gives all targets, the one to begin with first, the others to fail over to.

    An example's text lists targets as `name:weight`, `given` holds `random`; its result is their names.
    """

    name: str
    summary: str
    order: Callable[[Sequence[Any], Random], Sequence[Any]]
    examples: tuple[Example, ...]
