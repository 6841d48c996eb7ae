"""Credentials and pools as they are compiled; what happens to them at run time lives in the counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ErrorClass


@dataclass(frozen=True, slots=True)
class Penalty:
    """What an error does to the credential that met it.

    `cooldown` is seconds off duty; `disable` takes it off until the next generation is loaded.
    """

    cooldown: float | None = None
    disable: bool = False


# Used when a pool says nothing about a class; an error class without a line costs nothing.
DEFAULT_PENALTIES: Mapping[ErrorClass, Penalty] = {
    ErrorClass.AUTH: Penalty(cooldown=300.0),
    ErrorClass.RATE_LIMIT: Penalty(cooldown=10.0),
    ErrorClass.QUOTA: Penalty(cooldown=3600.0),
}


@dataclass(frozen=True, slots=True)
class Credential:
    """One key of a pool. `models` are globs on the upstream model, None for all; `expires` is a time.

    `data` holds everything the site wrote, `id` and `key` too: it is what `credential.*` sees.
    """

    id: str
    key: str | None
    weight: float = 1.0
    models: tuple[str, ...] | None = None
    expires: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pool:
    """Credentials that stand in for one another. `every` is how many requests `rotate` stays on one."""

    name: str
    strategy: str = "round_robin"
    every: int = 1
    credentials: tuple[Credential, ...] = ()
    on_error: Mapping[ErrorClass, Penalty] = field(default_factory=lambda: DEFAULT_PENALTIES)
