"""The ports that the gateway works through, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from engine.ports import Clock, Counters, Entropy, Telemetry, Upstream


@dataclass(frozen=True, slots=True)
class Outside:
    upstream: Upstream
    clock: Clock
    entropy: Entropy
    counters: Counters
    telemetry: Telemetry
