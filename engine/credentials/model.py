"""Credentials and pools as they are compiled; what happens to them at run time lives in the counters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple

from engine.errors import ErrorClass
from engine.limits.allowance import Allowance, allowance
from engine.spec.limits import RateLimits


@dataclass(frozen=True, slots=True)
class Penalty:
    """What an error does to the credential that met it.

    `cooldown` is seconds off duty; `disable` takes it off until a probe finds that it works, or somebody
    enables it, or its key is another.
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
    `limits` is how much it may be used.
    """

    id: str
    key: str | None = field(repr=False)
    weight: float = 1.0
    models: tuple[str, ...] | None = None
    expires: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    limits: RateLimits | None = None
    stamp: str = field(init=False, repr=False, compare=False)
    """The id, and a mark of what it holds: what is held against a key does not stick to the one after it."""

    def __post_init__(self) -> None:
        held = json.dumps([self.key, self.data], sort_keys=True, default=str)
        object.__setattr__(self, "stamp", f"{self.id}#{sha256(held.encode()).hexdigest()[:8]}")


@dataclass(frozen=True, slots=True)
class Probe:
    """How often a credential that was taken off duty is tried, and by which operation of its platform."""

    every: float
    operation: str = "models"


@dataclass(frozen=True, slots=True)
class State:
    """A file of a directory in which another program kept who is next. `read` raises `EngineError`."""

    file: str
    read: Callable[[Mapping[str, Any]], Steering]


@dataclass(frozen=True, slots=True)
class Directory:
    """Files with one credential in each. `read` makes one of an id, a file's names and the time.

    It raises `EngineError` for what it cannot make one of. `at` is the place in the site. `write` makes a
    file's name, None for the id, and its names out of a credential's and the time; None: it is only read.
    `ignore` are globs on names of files that hold no credential.
    """

    path: str
    read: Callable[[str, Mapping[str, Any], float], Credential] = field(compare=False)
    at: str = ""
    write: Callable[[Mapping[str, Any], float], tuple[str | None, dict[str, Any]]] | None = field(
        default=None, compare=False
    )
    ignore: tuple[str, ...] = ()
    state: State | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Steering:
    """What somebody said at run time about who is next.

    `selected` is used before all others while it is usable. Without `rotation` the pool stays on `held`.
    `every` is for `rotate`, instead of what the site says.
    """

    selected: str | None = None
    rotation: bool = True
    held: str | None = None
    every: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a pool has beside what its site declares: further credentials, ids that are switched off, and
    who is to be next."""

    credentials: tuple[Credential, ...] = ()
    off: frozenset[str] = frozenset()
    steering: Steering | None = None


class CounterNames(NamedTuple):
    """Where counters keep what concerns a pool.

    `rests` is a group of marks by the credential's id, `refusals` one of what is held against the keys
    themselves, by the credential's stamp; `turn` is the key of the rotation.
    """

    rests: str
    refusals: str
    turn: str

    @classmethod
    def of(cls, pool: str) -> CounterNames:
        return cls(f"rest/{pool}", f"refused/{pool}", f"turn/{pool}")


@dataclass(frozen=True, slots=True)
class Pool:
    """Credentials that stand in for one another. `every` is how many requests `rotate` stays on one; 0: it
    stays on the first."""

    name: str
    strategy: str = "round_robin"
    every: int = 1
    credentials: tuple[Credential, ...] = ()
    on_error: Mapping[ErrorClass, Penalty] = field(default_factory=lambda: DEFAULT_PENALTIES)
    directories: tuple[Directory, ...] = ()
    probe: Probe | None = None
    steering: Steering | None = None
    uniform: bool = field(init=False)
    """Every credential serves every model and never expires, so none has to be looked at."""
    standings: dict[str | None, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `pool.rank` found out of late, by model."""
    allowances: Mapping[str, Allowance] = field(init=False, repr=False, compare=False)
    """The limits of credentials that have any, by id."""
    counted: CounterNames = field(init=False, repr=False, compare=False)
    drawn_from: dict[None, tuple[Any, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What `gateway.keys` has its strategy draw on, and on whose behalf."""
    joint: dict[None, tuple[Found, Pool]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The pool as it was joined last with what was found at run time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "counted", CounterNames.of(self.name))
        uniform = all(each.models is None and each.expires is None for each in self.credentials)
        object.__setattr__(self, "uniform", uniform)
        limited = (
            (one.id, allowance("credential", f"{self.name}/{one.id}", one.limits)) for one in self.credentials
        )
        object.__setattr__(self, "allowances", {id: found for id, found in limited if found is not None})


def joined(pool: Pool, found: Found) -> Pool:
    """The pool with what was found. What is declared wins over a credential of the same id."""
    known = pool.joint.get(None)
    if known is None or known[0] is not found:
        declared = {credential.id for credential in pool.credentials}
        further = (credential for credential in found.credentials if credential.id not in declared)
        every = (*pool.credentials, *further)
        on = tuple(credential for credential in every if credential.id not in found.off)
        changes: dict[str, Any] = {"credentials": on, "steering": found.steering}
        if found.steering is not None and found.steering.every is not None:
            changes["every"] = found.steering.every
        known = pool.joint[None] = (found, replace(pool, **changes))
    return known[1]
