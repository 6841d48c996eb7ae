"""A target that a request brings along, as an alias with one target that is gone when the request is."""

from __future__ import annotations

from engine.actions.target import OwnTarget
from engine.diagnostics import Position
from engine.errors import RequestRefused
from engine.events import Channel, Timeouts
from engine.networks import bad_url
from engine.routing.breaker import OFF
from engine.routing.failover import RetryPolicy
from engine.snapshot.model import Alias, CallerKey, Limits, Provider, Target
from engine.spec.settings import Settings

# What metrics and the ledger call it, whosever it is.
NAME = "own"
AT = Position("(request)")

# One user's upstream says nothing about another's: nothing is remembered of it.
ONCE = RetryPolicy(attempts=1)


def alias_of(target: OwnTarget, settings: Settings) -> Alias:
    """Raises `RequestRefused` for a URL that may not be called."""
    url = target.base_url.rstrip("/")
    check_url(url, settings.allow_addresses)
    limits = settings.limits
    provider = Provider(
        name=NAME,
        at=AT,
        dialect=target.dialect,
        base_url=url,
        pool=None,
        caller_key=CallerKey() if target.key else None,
        headers={},
        timeouts=Timeouts(),
        channel=Channel(reach=settings.allow_addresses),
        params={**target.dialect.params, **(target.params or {})},
        features=target.dialect.features,
        unsupported="warn",
        mode=None,
        retry=ONCE,
        limits=Limits(limits.response, limits.event, limits.header),
        breaker=OFF,
    )
    return Alias(NAME, AT, "first", (Target(provider, target.model),))


def check_url(url: str, allowed: tuple[str, ...]) -> None:
    """Raises `RequestRefused` 400, which says why."""
    reason = bad_url(url, allowed) or ("it holds a '?' or a '#'" if "?" in url or "#" in url else None)
    if reason is not None:
        message = f"the URL {url[:200]!r} may not be used: {reason}"
        raise RequestRefused(message, code="bad_url", param="url")
