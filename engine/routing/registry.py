"""The routing strategies by name."""

from __future__ import annotations

from engine.registry import Registry, discover
from engine.routing import strategies
from engine.routing.strategy import Strategy

STRATEGIES: Registry[Strategy] = discover(strategies, Registry("routing strategy"))
