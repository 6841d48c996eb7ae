"""What a request is served from: everything compiled, everything immutable.

A request takes one reference to the `Snapshot` when it begins and keeps it to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.credentials.model import Pool
from engine.diagnostics import Position
from engine.events import Channel, Timeouts
from engine.mapping.dialect import Dialect
from engine.mapping.template import Template
from engine.routing.aliases import AliasTable
from engine.routing.failover import RetryPolicy
from engine.spec.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a decoded upstream body, of one stream event, of its header block."""

    response: int = 64 * 2**20
    event: int = 16 * 2**20
    header: int = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Provider:
    """An upstream platform account: a compiled dialect at a base URL.

    `off` says why the provider is not used (its secrets are missing and it is optional), or is None.
    `pool` is None when no credential is needed; `caller_credential` takes the client's own key.
    `features` maps a feature to the globs of the upstream models that have it. `passthrough` false maps
    even where the wire formats are the same.
    """

    name: str
    at: Position
    dialect: Dialect
    base_url: str
    pool: Pool | None
    caller_credential: bool
    headers: Mapping[str, str]
    timeouts: Timeouts
    channel: Channel
    params: Mapping[str, Any]
    features: Mapping[str, tuple[str, ...]]
    unsupported: str
    mode: str | None
    retry: RetryPolicy
    limits: Limits
    off: str | None = None
    passthrough: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """One place where a model can be had. `model` None sends the client's name; it may hold one `*`."""

    provider: Provider
    model: str | Template | None
    weight: float = 1.0
    when: Template | None = None
    at: Position | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """What clients may ask for. `name` may be a glob; `fallback` names other aliases, in order.

    `mode` and `retry` win over the provider's own.
    """

    name: str
    at: Position
    strategy: str
    targets: tuple[Target, ...]
    fallback: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    access: tuple[str, ...] | None = None
    mode: str | None = None
    retry: RetryPolicy | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A caller. `digests` are SHA-256 hex digests of its keys; `models` are alias globs or None for all."""

    name: str
    digests: tuple[str, ...]
    models: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path the engine answers on. `kind`: surface | models | pass. `surface` shapes the errors.

    `path` may hold `{name}` segments; a last `{path}` takes the rest of the URL.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    kind: str
    surface: str
    auth: str = "clients"
    provider: Provider | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an operator should know that is no problem: a provider that is off, a shadowed name."""

    at: Position
    message: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`generation` is a hash of the content that was compiled."""

    generation: str
    settings: Settings
    aliases: AliasTable[Alias]
    providers: Mapping[str, Provider]
    pools: Mapping[str, Pool]
    clients: tuple[Client, ...]
    endpoints: tuple[Endpoint, ...]
    notices: tuple[Notice, ...] = ()
