"""How many tokens a request is: its platform counts, where it can; else it is estimated.

A count is a request like any other to limits and ledger, but that it comes to no tokens and costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from engine.errors import EngineError, UpstreamFailed
from engine.events import Inbound
from engine.gateway.admission import NONE, NOTHING, Admission, of_attempt
from engine.gateway.course import Course, Move
from engine.gateway.errand import fault_of, reach
from engine.gateway.estimate import prompt_tokens
from engine.gateway.experience import Experience
from engine.gateway.outside import Outside
from engine.gateway.own_keys import without_keys
from engine.gateway.plan import Leg, legs
from engine.gateway.prepare import prepare_operation
from engine.gateway.report import Report
from engine.gateway.request import NO_KEYS, Request, parse_body
from engine.gateway.scrub import scrub, secrets_of
from engine.routing.failover import Stage
from engine.routing.price import FREE
from engine.snapshot.model import Snapshot
from engine.surfaces.surface import Surface

OPERATION = "count_tokens"
COUNTED, ESTIMATED = "counted", "estimated"
# It is done beside the chats: not for long, not for many at a time, and not again soon after a failure.
PATIENCE, AT_ONCE, PAUSE = 10.0, 16, 30.0


class Count(NamedTuple):
    """`how`: counted | estimated · `body`: what tells it, in the surface's own shape."""

    how: str
    body: Any


class Counts:
    """Counts for one worker."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._running = 0
        self._pausing: dict[str, float] = {}

    async def count(
        self, snapshot: Snapshot, surface: Surface, inbound: Inbound, report: Report, experience: Experience
    ) -> Count:
        """Raises `EngineError`; a platform that fails to count is none that counts."""
        client = report.client
        body, brought = parse_body(inbound.body, snapshot.settings.limits.nesting), NO_KEYS
        if snapshot.caller_fields:
            inbound, body, brought = without_keys(inbound, body, snapshot.caller_fields)
        name = surface.model_of(body, inbound)
        request = Request(snapshot, surface, inbound, client, body, name, brought)
        if report.trace is not None:
            report.trace.asked(name)
        leg = next(legs(request))
        report.alias = leg.alias.name
        surface.count(0)  # a protocol without counts refuses
        await self._admit(leg, report)
        counted = await self._by_platform(request, experience, report) if counts(leg) else None
        if counted is None:
            return Count(ESTIMATED, surface.count(prompt_tokens(leg.chat)))
        return Count(COUNTED, surface.count(counted))

    async def _admit(self, leg: Leg, report: Report) -> None:
        """By the limits of the client and of the model. Raises `EngineError`."""
        own = report.client.allowances if report.client else NONE
        if leg.alias.allowance is not None:
            own += (leg.alias.allowance,)
        report.admission = Admission(self._outside, own, lambda: NOTHING)
        await report.admission.enter(NONE, None)

    async def _by_platform(self, request: Request, experience: Experience, report: Report) -> int | None:
        """None where the target that the request would go to does not count, or not now."""
        if self._running >= AT_ONCE:
            return None
        self._running += 1
        course = Course(request, self._outside, experience)
        try:
            return await self._ask(request, course.first(), report)
        except EngineError:
            return None
        finally:
            self._running -= 1
            if course.watch is not None:
                course.watch.close()

    async def _ask(self, request: Request, move: Move, report: Report) -> int | None:
        provider, outside = move.provider, self._outside
        operation, now = provider.dialect.operations.get(OPERATION), outside.clock.now()
        if operation is None or operation.response is None or now < self._pausing.get(provider.name, 0.0):
            return None
        assert report.admission is not None
        limits = of_attempt(outside, provider, move.credential)
        if await report.admission.enter(limits, None) is not None:
            return None
        report.attempt(move)
        report.streamed, report.price = False, FREE
        call, scope = prepare_operation(
            request, move.place, move.credential, operation, outside.clock.now, outside.entropy.uid
        )
        if report.trace is not None:
            call = call._replace(headers={**call.headers, **report.trace.headers()})
        try:
            reached = await reach(
                outside, provider, call._replace(timeouts=replace(call.timeouts, total=PATIENCE))
            )
            fault = fault_of(provider, reached, scope)
            if fault is not None:
                raise UpstreamFailed(fault)
            told = operation.response.value(reached.data, reached.status, reached.headers, scope)
        except EngineError as error:
            self._pausing[provider.name] = now + PAUSE
            report.failure(Stage.CONNECT, scrub(error.info, secrets_of(move.credential, provider.secrets)))
            raise
        tokens = told.get("tokens") if isinstance(told, dict) else None
        return tokens if isinstance(tokens, int) else None


def counts(leg: Leg) -> bool:
    """Whether any target of an alias counts, so that one need be chosen."""
    return any(OPERATION in target.provider.dialect.operations for target in leg.alias.targets)
