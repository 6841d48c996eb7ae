"""The outside world of a test: time stands still, ids count up, the upstream says what the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from engine.credentials.model import Credential, Found
from engine.credentials.vault import Vault
from engine.ports import Fields, Tracer
from engine.snapshot.model import Snapshot

NOW = 1_700_000_000.0
"""What every clock of a test shows: 2023-11-14T22:13:20Z."""

CREDENTIAL_KEY = "sk-test"
UPSTREAM_MODEL = "m"


@dataclass(slots=True)
class FixedClock:
    """Implements `ports.Clock`; waiting takes no time, but is counted so that deadlines still come."""

    waited: float = 0.0

    def now(self) -> float:
        return NOW

    def monotonic(self) -> float:
        return self.waited

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds


@dataclass(slots=True)
class CountingIds:
    """Implements `ports.Entropy`: `call_1`, `msg_2`, …; chance always falls on the first."""

    issued: int = 0

    def uid(self, prefix: str) -> str:
        self.issued += 1
        return f"{prefix}{self.issued}"

    def random(self) -> float:
        return 0.0


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What the upstream of a test sends: status, lower-case headers, the body in pieces."""

    status: int
    headers: Mapping[str, str]
    pieces: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


@dataclass(slots=True)
class RecordedReply:
    """Implements `ports.Reply`."""

    status: int
    headers: Mapping[str, str]
    pieces: tuple[bytes, ...]

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    async def aclose(self) -> None:
        return None


class Silence:
    """Implements `ports.Telemetry`."""

    tracer: Tracer | None = None
    value = 0.0

    def counter(self, name: str, labels: Mapping[str, str]) -> Silence:
        return self

    gauge = histogram = counter

    def add(self, amount: float = 1.0) -> None:
        """Nothing is counted."""

    observe = set = add

    def shows(self, level: str) -> bool:
        return False

    def bound(self, fields: Fields) -> Fields:
        return fields

    def log(self, level: str, event: str, *fields: Fields) -> None:
        """Nothing is logged."""


# The key of a credential that stands for those which come at run time.
STAND_IN = Credential("stand-in", CREDENTIAL_KEY, data={"id": "stand-in", "key": CREDENTIAL_KEY})


def stand_ins(snapshot: Snapshot) -> Vault:
    """Pools whose credentials all come at run time have one of which nothing is known but a key."""
    pools = (provider.pool for provider in snapshot.providers.values() if provider.pool is not None)
    return Vault({pool.name: Found((STAND_IN,)) for pool in pools if not pool.credentials})
