"""Providers and pools: from what is declared to what is served from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache, partial
from typing import Any

from engine.credentials.model import Credential, Penalty, Pool, Probe
from engine.diagnostics import Problems
from engine.errors import ErrorClass
from engine.events import Channel, Timeouts
from engine.limits.allowance import allowance
from engine.mapping.dialect import Dialect
from engine.ports import Secrets
from engine.routing.breaker import DEFAULT, OFF, Breaker
from engine.routing.failover import RetryPolicy
from engine.snapshot.cache import Cache
from engine.snapshot.credentials import declared_credential, directory, without_directory
from engine.snapshot.dialects import Dialects
from engine.snapshot.model import CallerKey, Health, Limits, Provider
from engine.spec.base import Filled
from engine.spec.pool import Pool as DeclaredPool
from engine.spec.provider import Provider as DeclaredProvider
from engine.spec.resilience import Breaker as DeclaredBreaker
from engine.spec.resilience import Health as DeclaredHealth
from engine.spec.resilience import Penalty as DeclaredPenalty
from engine.spec.resilience import Retry
from engine.spec.settings import Settings
from engine.spec.shapes import SECRET_HEADER

OnError = Mapping[Any, DeclaredPenalty] | str | None

NO_RETRY = RetryPolicy(attempts=1)


# Of each pool, of each of its credentials: the secrets that could not be had.
PoolGaps = Mapping[str, tuple[frozenset[str], ...]]


def build_pools(
    declared: Mapping[str, DeclaredPool],
    gaps: PoolGaps,
    settings: Settings,
    secrets: Secrets,
    cache: Cache,
    problems: Problems,
) -> dict[str, Pool]:
    """Every declared pool. A credential whose secret is missing is left out: who needs it says so."""

    def build(name: str, pool: DeclaredPool) -> Pool:
        files = tuple(secrets.file(credential.file) for credential in pool.credentials if credential.file)
        make = partial(_pool, name, pool, gaps[name], settings, secrets)
        return cache.make("pool", name, (pool, gaps[name], settings, files), make, problems)

    return {name: build(name, pool) for name, pool in declared.items()}


def _pool(
    name: str,
    pool: DeclaredPool,
    gaps: Sequence[frozenset[str]],
    settings: Settings,
    secrets: Secrets,
    problems: Problems,
) -> Pool:
    credentials, directories = [], []
    for index, declared in enumerate(pool.credentials):
        path = f"pools.{name}.credentials.{index}"
        if declared.directory is not None:
            directories.append(directory(declared, problems, path))
            continue
        without_directory(declared, problems, path)
        if not (index < len(gaps) and gaps[index]):
            default = f"{name}-{index + 1}"
            credentials.append(declared_credential(declared, default, secrets, problems, path))
    on_error = penalties(pool.on_error if pool.on_error is not None else settings.on_error)
    probe = Probe(pool.probe.every, pool.probe.operation) if pool.probe else None
    return Pool(name, pool.strategy, pool.every, tuple(credentials), on_error, tuple(directories), probe)


def penalties(declared: OnError) -> dict[ErrorClass, Penalty]:
    """`off` means that no error costs a credential anything."""
    if declared is None:
        return {}
    if isinstance(declared, str):
        return dict.fromkeys(ErrorClass, Penalty())
    return {ErrorClass(name): Penalty(rule.cooldown, rule.disable) for name, rule in declared.items()}


def retry_policy(*declared: Retry | str | None) -> RetryPolicy:
    """The first that is written wins: provider, then site, then the defaults."""
    for retry in declared:
        if isinstance(retry, str):
            return NO_RETRY
        if retry is not None:
            backoff = {} if retry.backoff is None else _backoff(retry.backoff.base, retry.backoff.max)
            return RetryPolicy(attempts=retry.attempts, budget=retry.budget, wait=retry.wait, **backoff)
    return RetryPolicy()


def _backoff(base: float, longest: float) -> dict[str, float]:
    return {"backoff_base": base, "backoff_max": longest}


def breaker(*declared: DeclaredBreaker | str | None) -> Breaker:
    """The first that is written wins, as with retries."""
    for written in declared:
        if isinstance(written, str):
            return OFF
        if written is not None:
            return Breaker(written.failures, written.window, written.open)
    return DEFAULT


def _health(declared: DeclaredHealth | None) -> Health | None:
    if declared is None:
        return None
    return Health(
        declared.path, declared.model, declared.every, declared.timeout, declared.failures, declared.successes
    )


class Accounts:
    """Builds the providers of one site."""

    def __init__(
        self,
        pools: Mapping[str, Pool],
        gaps: PoolGaps,
        dialects: Dialects,
        settings: Settings,
        cache: Cache,
    ) -> None:
        self._pools = pools
        self._gaps = gaps
        self._dialects = dialects
        self._settings = settings
        self._cache = cache

    def provider(
        self, name: str, declared: DeclaredProvider, missing: frozenset[str], problems: Problems
    ) -> Provider | None:
        """None when its dialect or pool does not exist, which the reference check reports.

        `missing` names the secrets of its own text that could not be had.
        """
        dialect = self._dialects.get(declared.dialect)
        pool = self._pools.get(declared.pool) if declared.pool else None
        if dialect is None or (declared.pool is not None and pool is None):
            return None
        gaps = self._gaps.get(declared.pool or "", ())
        make = partial(self._provider, name, declared, dialect, pool, missing)
        sources = (declared, dialect, pool, missing, gaps, self._settings)
        return self._cache.make("provider", name, sources, make, problems)

    def _provider(
        self,
        name: str,
        declared: DeclaredProvider,
        dialect: Dialect,
        pool: Pool | None,
        missing: frozenset[str],
        problems: Problems,
    ) -> Provider:
        _warn_unread(name, declared, dialect.params, problems)
        return Provider(
            name=name,
            at=declared.at,
            dialect=dialect,
            base_url=declared.base_url.rstrip("/"),
            pool=self._own_pool(name, declared, pool),
            caller_key=_caller_key(declared),
            headers=dict(declared.headers),
            timeouts=timeouts(declared),
            channel=channel(declared),
            params={**dialect.params, **declared.params},
            features={**dialect.features, **declared.features},
            unsupported=declared.unsupported,
            mode=declared.mode,
            passthrough=declared.passthrough == "auto"
            and dialect.passthrough_unless.isdisjoint(declared.params),
            retry=retry_policy(declared.retry, self._settings.retry),
            limits=_limits(declared, self._settings),
            breaker=breaker(declared.breaker, self._settings.breaker),
            health=_health(declared.health),
            allowance=allowance("provider", name, declared.limits),
            off=self._off(declared, missing),
            rules=declared.rules,
            list_models=_lists(name, declared, dialect, problems),
            secrets=header_secrets(declared.headers),
        )

    def _own_pool(self, name: str, declared: DeclaredProvider, pool: Pool | None) -> Pool | None:
        """The named pool, or the pool of one that `key:` stands for."""
        on_error = declared.on_error if declared.on_error is not None else self._settings.on_error
        if declared.key is not None:
            data = {"id": name, "key": declared.key}
            return Pool(
                name, credentials=(Credential(name, declared.key, data=data),), on_error=penalties(on_error)
            )
        if pool is not None and declared.on_error is not None:
            return replace(pool, on_error=penalties(declared.on_error))
        return pool

    def _off(self, declared: DeclaredProvider, missing: frozenset[str]) -> str | None:
        """Why an optional provider is not used: its own secrets, or all of its pool's, are missing."""
        if not declared.optional:
            return None
        names = sorted(missing)
        gaps = self._gaps.get(declared.pool or "", ())
        if not names and gaps and all(gaps):
            names = sorted(frozenset().union(*gaps))
        return f"missing {', '.join(names)}" if names else None


def _warn_unread(name: str, declared: DeclaredProvider, known: Mapping[str, Any], problems: Problems) -> None:
    for param in declared.params:
        if param not in known:
            problems.warning(
                declared.place("params"),
                "unread-param",
                f"nobody reads params.{param} of provider {name!r}",
                hint=f"the dialect {declared.dialect!r} reads {', '.join(sorted(known)) or 'none'}",
                path=f"providers.{name}.params.{param}",
            )


def _lists(name: str, declared: DeclaredProvider, dialect: Dialect, problems: Problems) -> bool:
    """Whether its models can be listed, where that is wanted."""
    if not declared.list_models:
        return False
    operation, why = dialect.operations.get("models"), None
    if operation is None or operation.response is None or operation.response.kind != "models":
        why = f"the dialect {declared.dialect!r} has no list of models: `operations: {{models: …}}`"
    elif declared.credential is not None:
        why = "callers bring their own keys here, so nobody is there who could ask for a list"
    if why is not None:
        place = declared.place("list_models")
        problems.error(place, "no-model-list", why, path=f"providers.{name}.list_models")
    return why is None


def _caller_key(declared: DeclaredProvider) -> CallerKey | None:
    written = declared.credential
    if written is None or isinstance(written, str):
        return None if written is None else CallerKey()
    return CallerKey(written.header.lower() if written.header else None, written.body)


def header_secrets(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Values that came out of placeholders, or stand under a name for secrets."""
    return tuple(
        str(value)
        for name, value in headers.items()
        if isinstance(value, Filled) or SECRET_HEADER.search(name)
    )


def timeouts(declared: DeclaredProvider) -> Timeouts:
    if declared.timeout is None:
        return Timeouts()
    written = {field.name: getattr(declared.timeout, field.name) for field in fields(Timeouts)}
    return replace(Timeouts(), **{name: value for name, value in written.items() if value is not None})


def channel(declared: DeclaredProvider) -> Channel:
    tls = declared.tls
    if tls is None:
        return same_channel(Channel(proxy=declared.proxy, http2=declared.http2))
    return same_channel(
        Channel(tls.verify, tls.ca_file, tls.cert_file, tls.key_file, declared.proxy, declared.http2)
    )


@lru_cache(maxsize=1024)
def same_channel(channel: Channel) -> Channel:
    """One object for all that are equal, over all snapshots: pools are found by it with each call."""
    return channel


def _limits(declared: DeclaredProvider, settings: Settings) -> Limits:
    own, site = declared.limits, settings.limits
    return Limits(
        (own and own.response) or site.response,
        (own and own.event) or site.event,
        (own and own.header) or site.header,
    )
