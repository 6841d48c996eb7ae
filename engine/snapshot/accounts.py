"""Providers and pools: from what is declared to what is served from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from engine.credentials.model import Credential, Penalty, Pool
from engine.credentials.registry import STRATEGIES
from engine.diagnostics import Problems
from engine.errors import ErrorClass
from engine.events import Channel, Timeouts
from engine.ports import Secrets
from engine.routing.failover import RetryPolicy
from engine.snapshot.dialects import Dialects
from engine.snapshot.model import Limits, Provider
from engine.snapshot.unserved import later
from engine.spec.pool import Credential as DeclaredCredential
from engine.spec.pool import Pool as DeclaredPool
from engine.spec.provider import Provider as DeclaredProvider
from engine.spec.resilience import Penalty as DeclaredPenalty
from engine.spec.resilience import Retry
from engine.spec.settings import Settings
from engine.tree import Scalar, to_data

OnError = Mapping[Any, DeclaredPenalty] | str | None

NO_RETRY = RetryPolicy(attempts=1)


# Of each pool, of each of its credentials: the secrets that could not be had.
PoolGaps = Mapping[str, Sequence[frozenset[str]]]


def build_pools(
    declared: Mapping[str, DeclaredPool],
    gaps: PoolGaps,
    settings: Settings,
    secrets: Secrets,
    problems: Problems,
) -> dict[str, Pool]:
    """Every declared pool. A credential whose secret is missing is left out: who needs it says so."""
    return {
        name: _pool(name, pool, gaps[name], settings, secrets, problems) for name, pool in declared.items()
    }


def _pool(
    name: str,
    pool: DeclaredPool,
    gaps: Sequence[frozenset[str]],
    settings: Settings,
    secrets: Secrets,
    problems: Problems,
) -> Pool:
    if pool.strategy not in STRATEGIES:
        later(problems, pool.place("strategy"), f"pools.{name}.strategy", f"the strategy {pool.strategy!r}")
    credentials = []
    for index, declared in enumerate(pool.credentials):
        path = f"pools.{name}.credentials.{index}"
        if declared.directory is not None:
            later(problems, declared.place("directory"), path, "a directory of credentials")
        elif not (index < len(gaps) and gaps[index]):
            credentials.append(_credential(declared, f"{name}-{index + 1}", secrets, problems, path))
    on_error = penalties(pool.on_error if pool.on_error is not None else settings.on_error)
    return Pool(name, pool.strategy, pool.every, tuple(credentials), on_error)


def _credential(
    declared: DeclaredCredential, default_id: str, secrets: Secrets, problems: Problems, path: str
) -> Credential:
    data = _file_data(declared, secrets, problems, path)
    data.update({name: to_data(node) for name, node in declared.extra.items()})
    key = declared.key if declared.key is not None else data.get("key")
    id_ = declared.id or default_id
    expires = _expiry(declared, problems, path)
    if declared.limits is not None:
        later(problems, declared.place("limits"), f"{path}.limits", "`limits` of a credential", refuse=False)
    return Credential(id_, key, declared.weight, declared.models, expires, {**data, "id": id_, "key": key})


def _file_data(
    declared: DeclaredCredential, secrets: Secrets, problems: Problems, path: str
) -> dict[str, Any]:
    """The names of the JSON file that a credential points at."""
    if declared.file is None:
        return {}
    text = secrets.file(declared.file)
    try:
        data = json.loads(text) if text is not None else None
    except ValueError:
        data = None
    if isinstance(data, dict):
        return data
    reason = "cannot be read" if text is None else "is not a JSON object"
    problems.error(declared.at, "bad-credential-file", f"the file {declared.file!r} {reason}", path=path)
    return {}


def _expiry(declared: DeclaredCredential, problems: Problems, path: str) -> float | None:
    """When a credential ends, in seconds since 1970. A date without a time zone is one in UTC."""
    written = declared.expires
    if written is None:
        return None
    value = written.value if isinstance(written, Scalar) else None
    try:
        if isinstance(value, str):
            return float(value) if value.isdecimal() else _moment(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    hint = "write seconds since 1970, or a date: 2030-01-31 or 2030-01-31T12:00:00Z"
    problems.error(written.at, "bad-date", "this is not a time", hint=hint, path=f"{path}.expires")
    return None


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


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


class Accounts:
    """Builds the providers of one site."""

    def __init__(
        self,
        pools: Mapping[str, Pool],
        gaps: PoolGaps,
        dialects: Dialects,
        settings: Settings,
        problems: Problems,
    ) -> None:
        self._pools = pools
        self._gaps = gaps
        self._dialects = dialects
        self._settings = settings
        self._problems = problems

    def provider(self, name: str, declared: DeclaredProvider, missing: frozenset[str]) -> Provider | None:
        """None when its dialect or pool does not exist, which the reference check reports.

        `missing` names the secrets of its own text that could not be had.
        """
        dialect = self._dialects.get(declared.dialect)
        pool = self._pool(name, declared)
        if dialect is None or (declared.pool is not None and pool is None):
            return None
        self._warn_unread(name, declared, dialect.params)
        if declared.breaker is not None and declared.breaker != "off":
            later(
                self._problems,
                declared.place("breaker"),
                f"providers.{name}.breaker",
                "`breaker`",
                refuse=False,
            )
        if any(operation.prefetch for operation in dialect.operations.values()):
            what = "`prefetch`, which its dialect asks for,"
            later(self._problems, declared.place("dialect"), f"providers.{name}.dialect", what)
        limits = declared.limits
        if limits is not None and (limits.rpm or limits.tpm or limits.concurrency):
            later(
                self._problems,
                declared.place("limits"),
                f"providers.{name}.limits",
                "a rate limit",
                refuse=False,
            )
        return Provider(
            name=name,
            at=declared.at,
            dialect=dialect,
            base_url=declared.base_url.rstrip("/"),
            pool=pool,
            caller_credential=declared.credential == "client",
            headers=dict(declared.headers),
            timeouts=timeouts(declared),
            channel=channel(declared),
            params={**dialect.params, **declared.params},
            features={**dialect.features, **declared.features},
            unsupported=declared.unsupported,
            mode=declared.mode,
            passthrough=declared.passthrough == "auto",
            retry=retry_policy(declared.retry, self._settings.retry),
            limits=_limits(declared, self._settings),
            off=self._off(declared, missing),
        )

    def _pool(self, name: str, declared: DeclaredProvider) -> Pool | None:
        """The named pool, or the pool of one that `key:` stands for."""
        on_error = declared.on_error if declared.on_error is not None else self._settings.on_error
        if declared.key is not None:
            data = {"id": name, "key": declared.key}
            return Pool(
                name, credentials=(Credential(name, declared.key, data=data),), on_error=penalties(on_error)
            )
        pool = self._pools.get(declared.pool) if declared.pool else None
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

    def _warn_unread(self, name: str, declared: DeclaredProvider, known: Mapping[str, Any]) -> None:
        for param in declared.params:
            if param not in known:
                self._problems.warning(
                    declared.place("params"),
                    "unread-param",
                    f"nobody reads params.{param} of provider {name!r}",
                    hint=f"the dialect {declared.dialect!r} reads {', '.join(sorted(known)) or 'none'}",
                    path=f"providers.{name}.params.{param}",
                )


def timeouts(declared: DeclaredProvider) -> Timeouts:
    if declared.timeout is None:
        return Timeouts()
    written = {field.name: getattr(declared.timeout, field.name) for field in fields(Timeouts)}
    return replace(Timeouts(), **{name: value for name, value in written.items() if value is not None})


def channel(declared: DeclaredProvider) -> Channel:
    tls = declared.tls
    if tls is None:
        return Channel(proxy=declared.proxy, http2=declared.http2)
    return Channel(tls.verify, tls.ca_file, tls.cert_file, tls.key_file, declared.proxy, declared.http2)


def _limits(declared: DeclaredProvider, settings: Settings) -> Limits:
    own, site = declared.limits, settings.limits
    return Limits(
        (own and own.response) or site.response,
        (own and own.event) or site.event,
        (own and own.header) or site.header,
    )
