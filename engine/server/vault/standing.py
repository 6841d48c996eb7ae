"""How every credential stands: ready, resting, off; nothing in here is secret."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.credentials.model import Credential, Pool
from engine.ports import Counters
from engine.server.vault.keyring import Keyring
from engine.server.vault.stored import Place, Row
from engine.snapshot.model import Snapshot

SITE, DIRECTORY, STORED = "site", "directory", "stored"
READY, COOLING, DISABLED, EXPIRED, UNREADABLE = "ready", "cooling", "disabled", "expired", "unreadable"
UNUSED = "unused"

# Of a key no more than this is shown, and only if most of it is not.
SHOWN, LONG_ENOUGH = 4, 20

Json = dict[str, Any]
Uses = Mapping[Place, float]


def masked(key: str | None) -> str | None:
    """`…f3a9`: enough to tell keys apart."""
    if key is None:
        return None
    return f"…{key[-SHOWN:]}" if len(key) >= LONG_ENOUGH else "…"


def pools_of(snapshot: Snapshot) -> dict[str, Pool]:
    """The declared pools, and those of one that `key:` of a provider stands for."""
    used = [provider.pool for provider in snapshot.providers.values() if provider.pool and not provider.off]
    return {**{pool.name: pool for pool in used}, **snapshot.pools}


@dataclass(frozen=True, slots=True)
class Standings:
    """What is asked for the standing of credentials at a moment. `uses` counts requests by pool and id."""

    keyring: Keyring
    counters: Counters
    uses: Uses
    now: float

    def all(self, pools: Mapping[str, Pool]) -> list[Json]:
        """Those of pools that are gone, too: they are stored all the same."""
        known = [each for pool in pools.values() for each in self.pool(pool)]
        rows = self.keyring.stored.rows.items()
        orphans = [row for place, row in rows if place[0] not in pools and row["data"]]
        gone = {"state": UNUSED, "until": None, "why": "the site has no such pool"}
        return [*known, *({**self._of_row(row), **gone} for row in orphans)]

    def pool(self, pool: Pool) -> Iterator[Json]:
        """Those of the site, of directories, and stored ones; each id once."""
        stored, files = self.keyring.stored, self.keyring.look.credentials.get(pool.name, ())
        seen: set[str] = set()
        found = stored.credentials.get(pool.name, ())
        for source, credentials in ((SITE, pool.credentials), (DIRECTORY, files), (STORED, found)):
            for credential in credentials:
                if credential.id not in seen:
                    seen.add(credential.id)
                    yield self._known(pool, credential, source)
        for place, why in stored.closed.items():
            if place[0] == pool.name and place[1] not in seen:
                told = {"state": UNREADABLE, "until": None, "why": why}
                yield {**self._of_row(stored.rows[place]), **told}

    def _known(self, pool: Pool, credential: Credential, source: str) -> Json:
        place = pool.name, credential.id
        row, placed = self.keyring.stored.rows.get(place), self.keyring.look.places.get(place)
        return {
            "pool": pool.name,
            "id": credential.id,
            "source": source,
            **self._state(pool, credential, row),
            "key": masked(credential.key),
            "names": sorted(name for name in credential.data if name not in ("id", "key")),
            "weight": credential.weight,
            "models": list(credential.models) if credential.models is not None else None,
            "expires": credential.expires,
            "file": placed.name if placed else None,
            "provider": row["provider"] if row else None,
            "problem": row["problem"] if row else None,
            "uses": int(self.uses.get(place, 0)),
        }

    def _of_row(self, row: Row) -> Json:
        shown = ("pool", "id", "weight", "models", "expires", "provider", "problem")
        nothing: Json = {"source": STORED, "key": None, "names": [], "uses": 0, "file": None}
        return {**{name: row[name] for name in shown}, **nothing}

    def _state(self, pool: Pool, credential: Credential, row: Row | None) -> Json:
        if row is not None and row["disabled"] is not None:
            return {"state": DISABLED, "until": None, "why": row["disabled"]}
        if credential.expires is not None and credential.expires <= self.now:
            return {"state": EXPIRED, "until": None, "why": None}
        refused = self.counters.marks(pool.counted.refusals).get(credential.stamp, 0.0)
        resting = self.counters.marks(pool.counted.rests).get(credential.id, 0.0)
        if refused == math.inf:
            return {"state": DISABLED, "until": None, "why": "the platform refused it"}
        if max(refused, resting) > self.now:
            why = "the platform refused it" if refused > resting else "the platform asked for a rest"
            return {"state": COOLING, "until": max(refused, resting), "why": why}
        return {"state": READY, "until": None, "why": None}
