"""The credentials that came at run time, as the clerk publishes them: opened, and what is known of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.adapters.safe import Locked, Safe, Sealed
from engine.credentials.model import Credential
from engine.errors import EngineError
from engine.snapshot.credentials import stored_credential

TABLE = "credentials"

# Pool and id.
Place = tuple[str, str]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """`rows` are all of them, ciphertext and all · `credentials` those that can be used, by pool · `off` the
    ids that are disabled, by pool · `closed` says why one cannot be opened."""

    rows: Mapping[Place, Row] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, tuple[Credential, ...]] = field(default_factory=dict)
    off: Mapping[str, frozenset[str]] = field(default_factory=dict)
    closed: Mapping[Place, str] = field(default_factory=dict)

    def credential(self, place: Place) -> Credential | None:
        found = self.credentials.get(place[0], ())
        return next((credential for credential in found if credential.id == place[1]), None)


def sealed_of(row: Row) -> Sealed:
    return Sealed(row["data"], row["key_id"] or "")


class Opener:
    """Opens published rows. A credential whose row is as it was stays the same object."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe
        self._before: dict[Place, tuple[Row, Credential]] = {}

    def open(self, rows: Sequence[Row]) -> Stored:
        credentials: dict[str, list[Credential]] = defaultdict(list)
        off: dict[str, set[str]] = defaultdict(set)
        closed: dict[Place, str] = {}
        kept: dict[Place, tuple[Row, Credential]] = {}
        for row in rows:
            place = row["pool"], row["id"]
            if row["disabled"] is not None:
                off[place[0]].add(place[1])
            if not row["data"]:
                continue
            try:
                credential = self._credential(place, row)
            except (Locked, EngineError) as exc:
                closed[place] = str(exc)
                continue
            kept[place] = row, credential
            credentials[place[0]].append(credential)
        self._before = kept
        return Stored(
            {(row["pool"], row["id"]): row for row in rows},
            {pool: tuple(found) for pool, found in credentials.items()},
            {pool: frozenset(ids) for pool, ids in off.items()},
            closed,
        )

    def _credential(self, place: Place, row: Row) -> Credential:
        before = self._before.get(place)
        if before is not None and _same(before[0], row):
            return before[1]
        return stored_credential(row, self._safe.open(*place, sealed_of(row)))


def _same(before: Row, now: Row) -> bool:
    return all(before[name] == now[name] for name in ("data", "weight", "models", "limits", "expires"))
