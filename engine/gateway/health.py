"""Health checks: one worker asks the providers that want it whether they are well, and tells all others.

What it finds is a mark that every worker reads: a provider that is unwell is left alone while others are
left. A mark ends by itself, so that nobody is left alone for ever when checks end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Inbound
from engine.gateway.attempt import Attempt, AttemptFailed
from engine.gateway.course import Move
from engine.gateway.errand import bare_scope, reach
from engine.gateway.gate import UNWELL, unwell
from engine.gateway.keys import ranking
from engine.gateway.outside import Outside
from engine.gateway.plan import Leg, Place
from engine.gateway.prepare import signed_call
from engine.gateway.request import Request
from engine.gateway.scrub import scrub, secrets_of
from engine.mapping.request import Rendered
from engine.routing.breaker import FAILURES
from engine.snapshot.model import Alias, Health, Provider, Snapshot, Target

CHECKS = "proxyctl_health_checks_total"
HUB = "openai-chat"

# A mark outlives so many checks that could not be made.
CHECKS_MISSED = 3
# How often it is looked which checks are due, and whether there are any by now.
TICK, IDLE_TICK = 0.25, 1.0


@dataclass(slots=True)
class Streak:
    """Answers in a row."""

    good: int = 0
    bad: int = 0


class Checks:
    """Of one worker; `run` for as long as it leads."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._streaks: dict[str, Streak] = {}
        self._due: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._snapshot: Snapshot | None = None
        self._providers: Sequence[Provider] = ()

    async def run(self, served: Callable[[], Snapshot | None]) -> None:
        """Check for ever. `served` is None while another worker leads, or nothing is loaded."""
        try:
            while True:
                snapshot = served()
                if snapshot is not None:
                    self.begin_due(snapshot)
                await self._outside.clock.sleep(TICK if self._providers else IDLE_TICK)
        finally:
            for task in list(self._running.values()):
                task.cancel()

    def begin_due(self, snapshot: Snapshot) -> None:
        """Begin the checks that are due, each by itself: a slow one holds up no other."""
        if snapshot is not self._snapshot:
            self._snapshot = snapshot
            wanted = [one for one in snapshot.providers.values() if one.health and one.off is None]
            self._providers = wanted
        now = self._outside.clock.monotonic()
        for provider in self._providers:
            name, health = provider.name, provider.health
            if health is None or name in self._running or self._due.get(name, now) > now:
                continue
            self._due[name] = now + health.every
            task = asyncio.get_running_loop().create_task(self._check(snapshot, provider, health))
            self._running[name] = task
            task.add_done_callback(lambda _, name=name: self._running.pop(name, None))  # type: ignore[misc]

    async def _check(self, snapshot: Snapshot, provider: Provider, health: Health) -> None:
        fault = await check(self._outside, snapshot, provider, health)
        result = "bad" if fault else "good"
        self._outside.telemetry.counter(CHECKS, {"provider": provider.name, "result": result}).add()
        self._judge(provider.name, health, fault)

    def _judge(self, name: str, health: Health, fault: ErrorInfo | None) -> None:
        streak = self._streaks.setdefault(name, Streak())
        streak.good, streak.bad = (0, streak.bad + 1) if fault else (streak.good + 1, 0)
        counters, now = self._outside.counters, self._outside.clock.now()
        was = unwell(self._outside, name) is not None
        if was and streak.good >= health.successes:
            counters.clear(UNWELL, name)
            self._outside.telemetry.log("info", "provider is well", {"provider": name})
        elif was or streak.bad >= health.failures:
            counters.mark(UNWELL, name, now + health.timeout + CHECKS_MISSED * health.every)
        if fault and not was and streak.bad >= health.failures:
            fields = {"provider": name, "error": fault.error_class.value, "message": fault.message}
            self._outside.telemetry.log("warning", "provider is unwell", fields)


async def check(outside: Outside, snapshot: Snapshot, provider: Provider, health: Health) -> ErrorInfo | None:
    """What is wrong with a provider, None when it is well; no secret is in it."""
    credential = _credential(outside, provider)
    try:
        async with asyncio.timeout(health.timeout):
            if health.path is not None:
                await _ask_path(outside, provider, credential, health.path)
            else:
                await _ask_model(outside, snapshot, provider, credential, health.model or "")
            return None
    except TimeoutError:
        return ErrorInfo(ErrorClass.TIMEOUT, f"no answer within {health.timeout:g} s (health.timeout)")
    except AttemptFailed as failure:
        found = failure.info
    except EngineError as failure:
        found = failure.info
    return scrub(found, secrets_of(credential)) if found.error_class in FAILURES else None


async def _ask_path(outside: Outside, provider: Provider, credential: Credential | None, path: str) -> None:
    """Raises `UpstreamFailed`."""
    scope = bare_scope(outside, provider, credential)
    call = signed_call(provider, Rendered("GET", path, None, {}, None), b"", scope)
    reached = await reach(outside, provider, call)
    if not 200 <= reached.status < 300:
        message = f"{path} answered with status {reached.status}"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "unexpected_status"))


async def _ask_model(
    outside: Outside, snapshot: Snapshot, provider: Provider, credential: Credential | None, model: str
) -> None:
    """Raises `AttemptFailed` and `EngineError`."""
    surface = snapshot.surfaces.get(HUB)
    assert surface is not None
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "ping"}]}
    inbound = Inbound("POST", "", {}, {}, orjson.dumps(body), outside.entropy.uid("health"))
    target = Target(provider, model)
    alias = Alias("health", provider.at, "first", (target,))
    place = Place(Leg(alias, model, None, *surface.read(body, inbound, {}, {})), target, model)
    request = Request(snapshot, surface, inbound, None, body, model)
    source = await Attempt(request, Move(place, credential), outside).open()
    try:
        await source.whole()
    finally:
        await source.aclose()


def _credential(outside: Outside, provider: Provider) -> Credential | None:
    """Whichever is at hand; one that rests will do, since it is not the credential that is checked."""
    if provider.pool is None:
        return None
    ranked = ranking(outside, provider.pool, None)
    return next(iter(ranked.ready), None) or next((each for _, each in ranked.cooling), None)
