"""The ports that the gateway works through, as one value, and the tally of what it tells them."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.credentials.vault import Vault
from engine.gateway.background import Background
from engine.gateway.tally import Tally
from engine.gateway.waiting import Waiting
from engine.ports import Clock, Counters, Entropy, Ledger, Telemetry, Upstream


@dataclass(frozen=True, slots=True)
class Outside:
    upstream: Upstream
    clock: Clock
    entropy: Entropy
    counters: Counters
    telemetry: Telemetry
    ledger: Ledger | None = None
    vault: Vault = field(default_factory=Vault)
    tally: Tally = field(init=False, repr=False, compare=False)
    background: Background = field(init=False, repr=False, compare=False)
    waiting: Waiting = field(default_factory=Waiting, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tally", Tally(self.telemetry))
        object.__setattr__(self, "background", Background(self.telemetry))
