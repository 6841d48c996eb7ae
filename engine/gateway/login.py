"""A login, call by call: who asks when, and keeps what is to be kept in between, is not decided here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass, ErrorInfo, RequestRefused, UpstreamFailed
from engine.gateway.errand import Reached, bare_scope, fault_of, reach, unsigned_call
from engine.gateway.outside import Outside
from engine.gateway.scrub import scrub, secrets_of
from engine.mapping.login import SLOWER, LoginProgram
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.snapshot.model import Provider
from engine.snapshot.moments import moment

PENDING, DENIED, GRANTED = "pending", "denied", "granted"


@dataclass(frozen=True, slots=True)
class Started:
    """A login that the user has not finished. `values` are secret; `ends` and `ask_at` are times."""

    values: Any = field(repr=False)
    link: str
    code: str | None
    every: float
    ends: float
    ask_at: float
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Polled:
    """`state`: pending | denied | granted. `started` is what to go on with, `fields` what was granted."""

    state: str
    started: Started
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    error: ErrorInfo | None = None


def login_of(provider: Provider) -> LoginProgram:
    """Raises `RequestRefused` when the platform has none."""
    if provider.dialect.login is None:
        message = f"the dialect {provider.dialect.name!r} of provider {provider.name!r} has no login"
        raise RequestRefused(message, code="no_login")
    return provider.dialect.login


async def start(outside: Outside, provider: Provider) -> Started:
    """Begin a login. Raises `EngineError` when the platform refuses, or its answer holds no link."""
    program, scope = login_of(provider), bare_scope(outside, provider)
    values: Any = {}
    if program.start is not None:
        reached = await reach(outside, provider, unsigned_call(provider, program.start.render(scope)))
        seen = scope.fork(**reached.seen)
        fault = fault_of(provider, reached, seen)
        if fault is not None:
            raise UpstreamFailed(_shown(fault, provider, reached.data))
        values = program.values(seen) if program.values else reached.data
    known = scope.fork(login=values)
    link, code = program.link(known), program.code(known) if program.code else None
    if not isinstance(link, str) or not link.startswith(("https://", "http://")):
        message = "the platform began no login: its answer gives no link"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "no_link"))
    now, every = outside.clock.now(), program.poll.every.of(known)
    ends = now + program.poll.within.of(known)
    return Started(values, link, None if code is None else str(code), every, ends, now + every)


async def poll(outside: Outside, provider: Provider, started: Started) -> Polled:
    """Ask whether the user is done; not before `ask_at`, and not after `ends`: then it is `denied`.

    Trouble on the way is `pending`, with its error. Raises `EngineError` only for what cannot be mapped.
    """
    program, now = login_of(provider).poll, outside.clock.now()
    if now >= started.ends or (program.max is not None and started.asked >= program.max):
        info = ErrorInfo(ErrorClass.TIMEOUT, "nobody logged in in time", "login_expired")
        return Polled(DENIED, started, error=info)
    if now < started.ask_at:
        return Polled(PENDING, started)
    scope = bare_scope(outside, provider).fork(login=started.values)
    later = replace(started, asked=started.asked + 1, ask_at=now + started.every)
    try:
        reached = await reach(outside, provider, unsigned_call(provider, program.request.render(scope)))
    except UpstreamFailed as failure:
        return Polled(PENDING, later, error=_shown(failure.info, provider, started.values))
    polled = _judged(provider, reached, scope.fork(**reached.seen), later)
    error = polled.error and _shown(polled.error, provider, [started.values, reached.data])
    return replace(polled, error=error)


def _judged(provider: Provider, reached: Reached, scope: Scope, started: Started) -> Polled:
    program = login_of(provider)
    verdict = program.poll.verdict(scope)
    if verdict == "slow_down":
        every = started.every + SLOWER
        return Polled(PENDING, replace(started, every=every, ask_at=started.ask_at + SLOWER))
    if verdict == "pending":
        return Polled(PENDING, started)
    fault = fault_of(provider, reached, scope)
    if verdict == "denied":
        refused = ErrorInfo(ErrorClass.AUTH, "the platform refused the login", "login_denied")
        return Polled(DENIED, started, error=fault or refused)
    if verdict == "until" or (fault is None and "until" not in program.poll.conditions):
        return Polled(GRANTED, started, stored_fields(program.store, scope))
    if fault is None:
        return Polled(PENDING, started)
    again = fault.error_class in TRANSIENT
    return Polled(PENDING if again else DENIED, started, error=fault)


SECRET_NAME = re.compile(r"secret|token|key|code|state|nonce|password", re.IGNORECASE)

# What may go by itself while a user logs in.
TRANSIENT = (ErrorClass.OVERLOADED, ErrorClass.UPSTREAM, ErrorClass.TIMEOUT, ErrorClass.RATE_LIMIT)


async def refresh(outside: Outside, provider: Provider, credential: Credential) -> dict[str, Any]:
    """The fields of the renewed credential; what the answer does not give stays. Raises `EngineError`,
    in which no value of the credential stands."""
    try:
        return await _refresh(outside, provider, credential)
    except EngineError as failure:
        shown = _shown(failure.info, provider, credential.data)
        raise EngineError(scrub(shown, secrets_of(credential))) from failure


async def _refresh(outside: Outside, provider: Provider, credential: Credential) -> dict[str, Any]:
    program = login_of(provider).refresh
    if program is None:
        message = f"the dialect {provider.dialect.name!r} cannot refresh a login"
        raise RequestRefused(message, code="no_refresh")
    scope = bare_scope(outside, provider, credential)
    reached = await reach(outside, provider, unsigned_call(provider, program.request.render(scope)))
    seen = scope.fork(**reached.seen)
    fault = fault_of(provider, reached, seen)
    if fault is not None:
        raise UpstreamFailed(fault)
    kept = {name: value for name, value in credential.data.items() if name != "expires"}
    return {**kept, **stored_fields(program.store, seen)}


def stored_fields(store: Program, scope: Scope) -> dict[str, Any]:
    """What a login gives, with a key that is text and an `expires` that is a time, if any.

    Raises `EngineError` for an answer that gives none.
    """
    found = store(scope)
    fields = dict(found) if isinstance(found, dict) else {}
    if not isinstance(fields.get("key"), str) or not fields["key"]:
        message = "the platform's answer gives no key (login.store)"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "no_key"))
    if "expires" in fields:
        try:
            fields["expires"] = moment(fields["expires"])
        except ValueError as exc:
            message = "the platform's answer gives no time for `expires` (login.store)"
            raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "bad_expires")) from exc
    return fields


def refresh_due(outside: Outside, provider: Provider, credential: Credential) -> float:
    """When a credential is to be renewed, since 1970; infinity for one that never is."""
    login = provider.dialect.login
    if login is None or login.refresh is None or credential.expires is None:
        return math.inf
    when = login.refresh.when
    if when is not None and not when(bare_scope(outside, provider, credential)):
        return math.inf
    return credential.expires - login.refresh.before


def _shown(info: ErrorInfo, provider: Provider, held: Any) -> ErrorInfo:
    """The error without what a login must not tell: secrets among the parameters, and those in `held`."""
    secret = {name: value for name, value in provider.params.items() if SECRET_NAME.search(name)}
    told = Credential("login", None, data={"params": secret, "held": _secrets(held)})
    return scrub(info, secrets_of(told, provider.secrets))


def _secrets(held: Any) -> dict[str, Any]:
    """The texts below names that say so, wherever they stand."""
    found: dict[str, Any] = {}
    waiting = [held]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found.update(
                {f"{len(found)}{key}": value for key, value in each.items() if SECRET_NAME.search(key)}
            )
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
