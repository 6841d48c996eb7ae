"""The credential strategies by name."""

from __future__ import annotations

from engine.credentials import strategies
from engine.credentials.strategy import Strategy
from engine.registry import Registry, discover

STRATEGIES: Registry[Strategy] = discover(strategies, Registry("credential strategy"))
