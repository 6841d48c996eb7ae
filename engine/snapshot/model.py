"""What a request is served from: everything compiled, everything immutable.

A request takes one reference to the `Snapshot` when it begins and keeps it to its end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from engine.actions.program import ActionProgram, Bearer
from engine.actions.remembering import Remembering
from engine.config.runtime_settings import Values
from engine.credentials.model import Pool
from engine.diagnostics import Position
from engine.events import Channel, Timeouts
from engine.globs import matches_any
from engine.limits.allowance import Allowance, allowance
from engine.mapping.dialect import Dialect
from engine.mapping.template import Template
from engine.memo import Memo
from engine.operations import CHAT
from engine.ports import TokenCheck
from engine.prompts.prompt import Prompt
from engine.routing.aliases import AliasTable
from engine.routing.breaker import DEFAULT, Breaker
from engine.routing.failover import RetryPolicy
from engine.routing.price import Price
from engine.rules.rule import RuleBook
from engine.spec.limits import ClientLimits
from engine.spec.settings import Settings
from engine.surfaces.registry import compiled_in
from engine.surfaces.surface import Surface

# Of each provider: clients name models through globs, and there may be thousands of providers.
MODELS_OF_LATE = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a decoded upstream body, of one stream event, of its header block."""

    response: int = 64 * 2**20
    event: int = 16 * 2**20
    header: int = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Health:
    """How a provider is asked whether it is well: GET `path`, or one token of `model`. Seconds."""

    path: str | None = None
    model: str | None = None
    every: float = 30.0
    timeout: float = 10.0
    failures: int = 2
    successes: int = 1


@dataclass(frozen=True, slots=True)
class CallerKey:
    """Where callers put their own key for an upstream: a header (lower case), or a field of the body.

    Neither: the headers where keys usually are.
    """

    header: str | None = None
    body: str | None = None

    @property
    def words(self) -> str:
        if self.header is not None:
            return f"in the header `{self.header}`"
        return "as `x-api-key` or `authorization`" if self.body is None else f"as `{self.body}` in the body"


@dataclass(frozen=True, slots=True)
class Provider:
    """An upstream platform account: a compiled dialect at a base URL.

    `off` says why the provider is not used (its secrets are missing and it is optional), or is None.
    `pool` is None when no credential is needed; `caller_key` is where the client's own key is taken from.
    `features` maps a feature to the globs of the upstream models that have it. `passthrough` false maps
    even where the wire formats are the same. `health` is None when nobody asks.
    """

    name: str
    at: Position
    dialect: Dialect
    base_url: str
    pool: Pool | None
    caller_key: CallerKey | None
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
    secrets: tuple[str, ...] = ()
    """Values of `headers` that no message may hold."""
    breaker: Breaker = DEFAULT
    health: Health | None = None
    allowance: Allowance | None = None
    rules: tuple[str, ...] = ()
    list_models: bool = False
    """Whether its own list of models is asked for."""
    features_of: Memo[str, dict[str, bool]] = field(init=False, repr=False, compare=False)
    """Every feature that the dialect or the provider names: whether an upstream model has it."""
    passing: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """The wire format of each operation whose bytes may pass through as they are."""
    heads: dict[tuple[Any, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `gateway.prepare` keeps of calls that are alike but for their bodies."""

    def __post_init__(self) -> None:
        # No method of its own: in a circle, a provider that is replaced would wait for the garbage collector.
        object.__setattr__(self, "features_of", Memo(partial(_features, self.features), MODELS_OF_LATE))
        object.__setattr__(self, "passing", _passing(self.dialect) if self.passthrough else {})

    @property
    def streams_uploads(self) -> bool:
        """Whether a body may go on before all of it is here: nothing is signed in it or taken out of it."""
        signed = any(entry.signs or (entry.scheme and entry.scheme.sign) for entry in self.dialect.auth)
        return not signed and (self.caller_key is None or self.caller_key.body is None)


def _passing(dialect: Dialect) -> dict[str, str]:
    wires = {name: one.wire or dialect.wire for name, one in dialect.operations.items() if one.is_one_call}
    return {name: wire for name, wire in wires.items() if wire} if dialect.passthrough else {}


def _features(features: Mapping[str, tuple[str, ...]], model: str) -> dict[str, bool]:
    return {name: matches_any(globs, model) for name, globs in features.items()}


@dataclass(frozen=True, slots=True)
class Target:
    """One place where a model can be had. `model` None sends the client's name; it may hold one `*`.

    `price` is the alias's own, or the one in `prices:` for a model that is known at load; `prices` is the
    table for a model that only the request knows. Ask `price_of`. `context` is how many tokens it takes.
    """

    provider: Provider
    model: str | Template | None
    weight: float = 1.0
    when: Template | None = None
    at: Position | None = None
    price: Price | None = None
    prices: AliasTable[Price] | None = None
    context: int | None = None

    def price_of(self, model: str) -> Price | None:
        """What the upstream's `model` costs here; None: nobody said."""
        if self.prices is None:
            return self.price
        found = self.prices.match(f"{self.provider.name}/{model}")
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Canary:
    """A target where a share of the requests begins; `by` says what stays on one side, None draws anew."""

    target: Target
    share: float
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Mirror:
    """A target that gets a copy of a share of the requests."""

    target: Target
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Alias:
    """What clients may ask for. `name` may be a glob; `fallback` names other aliases, in order.

    `access` and `access_groups` are globs of clients and of groups, either lets in; `access` None: everybody.
    `mode`, `retry` and `breaker` win over the provider's own. `by` is for the strategy `sticky`, `explore`
    for `lowest_latency`.
    """

    name: str
    at: Position
    strategy: str
    targets: tuple[Target, ...]
    fallback: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    access: tuple[str, ...] | None = None
    access_groups: tuple[str, ...] = ()
    mode: str | None = None
    retry: RetryPolicy | None = None
    breaker: Breaker | None = None
    by: str = "client"
    explore: float = 0.05
    canary: Canary | None = None
    mirror: Mirror | None = None
    allowance: Allowance | None = None
    rules: tuple[str, ...] = ()


class Watched(NamedTuple):
    """Names of providers whose requests in flight are counted, and whose answers are timed."""

    busy: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()


NOT_WATCHED = Watched()


@dataclass(frozen=True, slots=True)
class Group:
    """What several clients have in common. `models` are alias globs or None when it has no say."""

    name: str
    limits: ClientLimits | None = None
    models: tuple[str, ...] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    allowance: Allowance | None = field(init=False, repr=False, compare=False)
    """Its limits as they are counted."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "allowance", allowance("group", self.name, self.limits))


@dataclass(frozen=True, slots=True)
class Gate:
    """What is looked at whenever a client comes in, None where there is no bound.

    `expires` in seconds since 1970; `within` tells of an address, `endpoints` of an endpoint's name whether
    it may be used.
    """

    expires: float | None = None
    within: Memo[str, bool] | None = None
    endpoints: Memo[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms somebody calls, however it is known: declared, stored, or by a token.

    None is no bound: `models` and `endpoints` are globs, `ips` networks, `expires` seconds since 1970.
    """

    models: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    endpoints: tuple[str, ...] | None = None
    limits: ClientLimits | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    ips: tuple[str, ...] | None = None
    expires: float | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenRule:
    """Callers that bring a signed token: what is asked of it, and who they are then.

    `name` is that of the entry, and the caller's own when `called` says nothing. The templates see `claims`.
    """

    name: str
    check: TokenCheck
    terms: Terms
    called: Template | None = None
    groups: Template | None = None
    models: Template | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A caller. `digests` are SHA-256 hex digests of its keys; `models` are alias globs or None for all.

    All but `limits` has what its groups say in it. `narrowed`, of a token, are globs that must allow a
    model too. `gate` is None for most. `allowances` are its own limits and those of its groups, as they are
    counted. `everywhere`: whom an alias's `access` names is nothing to it, as it is the operator who tries.
    """

    name: str
    digests: tuple[str, ...]
    models: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    limits: ClientLimits | None = None
    gate: Gate | None = None
    narrowed: tuple[str, ...] | None = None
    allowances: tuple[Allowance, ...] = ()
    rules: tuple[str, ...] = ()
    everywhere: bool = False
    facts: Mapping[str, Any] = field(init=False, repr=False, compare=False)
    """What templates know of it: `client.*`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", {"name": self.name, "groups": list(self.groups)})


# Kinds of endpoints whose operation is called otherwise.
NAMED = {"count": "count_tokens"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path the engine answers on.

    `kind`: surface | operation | models | model | count | constant | realtime | pass | action.

    `surface` shapes answers and errors, of an action `action` does. `path` may hold `{name}` segments; a last
    `{path}` takes the rest of the URL. `header`: only for requests that have it, and where it
    matches `header_like` · `answer`: of a constant · `auth`: clients | none | password | token, which is then
    `token` · `operation`: what a surface asks of a platform.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    kind: str
    surface: str
    auth: str = "clients"
    provider: Provider | None = None
    header: str | None = None
    header_like: re.Pattern[str] | None = None
    answer: Any = None
    action: ActionProgram | None = None
    token: Bearer | None = None
    operation: str = CHAT
    allow: tuple[str, ...] | None = None
    """Globs on what `{path}` may stand for."""
    keyed: bool = False
    """It says itself that it wants a client's key, so `auth: none` of the site does not open it."""
    remember: Remembering | None = None
    """Which chats of a surface are written down."""

    @property
    def asks(self) -> str:
        """What requests ask for, as the ledger has it: an operation, else what the endpoint does."""
        return self.operation if self.kind in ("surface", "operation") else NAMED.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an operator should know that is no problem: a provider that is off, a shadowed name."""

    at: Position
    message: str


class Listed(NamedTuple):
    """A name that no file holds: a glob of the site answers to it, and a platform says that it is there."""

    name: str
    alias: Alias


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
    groups: Mapping[str, Group] = field(default_factory=dict)
    watched: Watched | None = None
    tokens: tuple[TokenRule, ...] = ()
    rules: RuleBook | None = None
    caller_fields: frozenset[str] = frozenset()
    """Fields of bodies in which some provider's callers bring keys of their own."""
    values: Values = field(default_factory=dict)
    """The settings that may be changed at run time, as they were when this was compiled."""
    caller_headers: frozenset[str] = frozenset()
    surfaces: Mapping[str, Surface] = field(default_factory=compiled_in)
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    """Names that globs answer to, by what platforms listed since this was compiled."""
