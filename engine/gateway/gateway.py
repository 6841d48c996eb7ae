"""The straight line: decode, plan, attempt by attempt, encode. It decides nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import orjson

from engine.credentials.vault import Vault
from engine.errors import EngineError, EngineUnavailable, ErrorClass, ErrorInfo, RequestRefused
from engine.events import Inbound
from engine.gateway.acting import act
from engine.gateway.answer import JSON_TYPE, Answer, error_answer, new_answer
from engine.gateway.asking import Asking
from engine.gateway.attempt import Attempt, AttemptFailed, failed
from engine.gateway.count import OPERATION as COUNTING
from engine.gateway.count import Counts
from engine.gateway.course import Course, Move
from engine.gateway.experience import Experience
from engine.gateway.fetching import fetch_media
from engine.gateway.memory import Memory
from engine.gateway.mirrors import Mirrors
from engine.gateway.office import Office
from engine.gateway.outside import Outside
from engine.gateway.own_keys import without_keys
from engine.gateway.plan import Leg
from engine.gateway.realtime import Realtime
from engine.gateway.record import GONE, refused_row
from engine.gateway.relay import relay
from engine.gateway.report import Report
from engine.gateway.request import NO_KEYS, Request, new_request, read_body
from engine.gateway.source import Source
from engine.gateway.streaming import ClientStream
from engine.gateway.travel import shown_error, travel
from engine.gateway.whole import Whole
from engine.ports import Clock, Counters, Entropy, Ledger, Sockets, Telemetry, Upstream
from engine.routing.failover import Stage
from engine.routing.price import FREE
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.surfaces.neutral import NEUTRAL
from engine.surfaces.surface import Surface, speaking

Answering = Coroutine[Any, Any, Answer]
"""An answer on its way, to be awaited."""


class Gateway:
    """Serves requests of any snapshot; what it keeps between them is its experience with their targets."""

    def __init__(
        self,
        upstream: Upstream,
        clock: Clock,
        entropy: Entropy,
        counters: Counters,
        telemetry: Telemetry,
        ledger: Ledger | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.outside = Outside(upstream, clock, entropy, counters, telemetry, ledger, vault or Vault())
        self.experience = Experience()
        self.mirrors = Mirrors(self.outside)
        self.office = Office(self.outside.telemetry)
        self._counts = Counts(self.outside)
        self.sockets: Sockets | None = None

    async def run_out(self, within: float) -> None:
        """Wait for what requests have left behind, so many seconds at most."""
        await asyncio.gather(self.outside.background.run_out(within), self.office.run_out(within))

    async def aclose(self) -> None:
        """Stop all that is under way in the background."""
        for work in (self.mirrors, self.outside.background, self.office):
            await work.aclose()

    def chat(
        self, snapshot: Snapshot, surface_name: str, inbound: Inbound, client: Client | None
    ) -> Answering:
        """Answer a chat request in the surface's own protocol; errors are answers too.

        The caller must close the answer. Raises only what nobody foresaw. Cancelling it stops the upstream.
        """
        surface = snapshot.surfaces.get(surface_name)
        if surface is None:
            raise LookupError(f"no such surface {surface_name!r}")
        return self._serve(snapshot, surface, inbound, client)

    def perform(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answering:
        """Answer a request of another operation, on the terms of `chat`."""
        home = snapshot.surfaces.get(endpoint.surface)
        surface = speaking(home, endpoint.operation) if home is not None else None
        if surface is None:
            raise LookupError(f"no surface {endpoint.surface!r} has {endpoint.operation!r}")
        return self._serve(snapshot, surface, inbound, client)

    async def remember(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answer:
        """As `chat`, of an endpoint that writes down what passes."""
        memory = Memory(self, self.office, Asking(snapshot, endpoint, inbound, client))
        surface = snapshot.surfaces[endpoint.surface]
        report = Report(self.outside, inbound.request_id, surface.name, client)
        report.trace_from(inbound)
        reading = partial(read, snapshot, surface, inbound, client)
        answer = await self._answer(lambda: memory.noting(reading()), surface, report)
        return await memory.kept(answer)

    def _serve(
        self, snapshot: Snapshot, surface: Surface, inbound: Inbound, client: Client | None
    ) -> Answering:
        report = Report(self.outside, inbound.request_id, surface.name, client, operation=surface.operation)
        report.trace_from(inbound)
        return self._answer(partial(read, snapshot, surface, inbound, client), surface, report)

    def ask(
        self,
        read: Callable[[], Request],
        inbound: Inbound,
        name: str,
        client: Client | None,
        surface: Surface = NEUTRAL,
    ) -> Answering:
        """Answer a request of an action, as `chat` and `perform` do; `name` is told as its surface."""
        report = Report(self.outside, inbound.request_id, name, client, operation=surface.operation)
        report.trace_from(inbound)
        return self._answer(read, surface, report)

    async def act(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answer:
        """Answer a request to an endpoint with an action; errors are answers too. To be closed, as all."""
        return await act(self, self.office, Asking(snapshot, endpoint, inbound, client))

    async def _answer(self, read: Callable[[], Request], surface: Surface, report: Report) -> Answer:
        answer: Answer | None = None
        try:
            request = read()
            if report.trace is not None:
                report.trace.asked(request.model)
            answer = await self._travel(request, report)
        except EngineError as error:
            report.finish(error.info.status, None, error.info)
            answer = error_answer(surface, error.info, report.headers())
        except asyncio.CancelledError:
            report.finish(GONE, None)
            raise
        finally:
            if answer is None:
                report.finish(FAULT, None)
        return answer

    async def count(
        self, snapshot: Snapshot, surface: Surface, inbound: Inbound, client: Client | None
    ) -> Answer:
        """Tell how many tokens a request is; a header says how that is known. Errors are answers too."""
        report = Report(
            self.outside, inbound.request_id, surface.name, client, price=FREE, operation=COUNTING
        )
        report.trace_from(inbound)
        status, failed = FAULT, None
        try:
            how, body = await self._counts.count(snapshot, surface, inbound, report, self.experience)
            status = 200
        except EngineError as error:
            status, failed = error.info.status, error.info
            return error_answer(surface, error.info, report.headers())
        except asyncio.CancelledError:
            status = GONE
            raise
        finally:
            report.finish(status, None, failed)
        headers = {**report.headers(), "x-proxyctl-token-count": how}
        return Answer(200, headers, JSON_TYPE, orjson.dumps(body))

    async def relay(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer:
        """Answer a request to a `pass` endpoint. `rest`: path and query behind the endpoint's own, as sent.

        A body that breaks off raises `UpstreamFailed` out of its iterator.
        """
        return await relay(self.outside, snapshot, endpoint, inbound, rest, client)

    async def realtime(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer:
        """Answer a request for a WebSocket: 101 with a session, or an error."""
        if self.sockets is None:
            raise EngineUnavailable("there are no WebSockets here", code="no_websockets")
        opener = Realtime(self.outside, self.experience, self.sockets)
        return await opener.open(snapshot, endpoint, inbound, rest, client)

    def refused(self, endpoint: Endpoint, inbound: Inbound, info: ErrorInfo) -> None:
        """A request was refused before it came here: it goes into the ledger, as every other."""
        ledger = self.outside.ledger
        if ledger is not None:
            now = self.outside.clock.now()
            ledger.record(refused_row(now, inbound.request_id, endpoint.name, info, endpoint.asks))

    def _travel(self, request: Request, report: Report) -> Answering:
        course = Course(request, self.outside, self.experience)
        first = course.first()
        answer, leg = travel(course, first, request, report, self._attempt), first.place.leg
        return answer if leg.alias.mirror is None else self._mirrored(answer, request, leg, report)

    async def _mirrored(self, answer: Answering, request: Request, leg: Leg, report: Report) -> Answer:
        try:
            return await answer
        finally:
            if report.attempts:
                self.mirrors.reflect(request, leg)

    async def _attempt(self, request: Request, course: Course, move: Move, report: Report) -> Answer:
        """Raises `AttemptFailed`; nothing has gone to the client then."""
        if move.place.provider.dialect.prefetch is not None:
            attempt = Attempt(request, await self._with_media(request, course, move), self.outside)
        else:
            attempt = Attempt(request, move, self.outside)
        if attempt.lost:
            report.drop(attempt.lost, quiet=move.provider.unsupported == "drop")
        if report.trace is not None:
            attempt.carry(report.trace.headers())
        source = await attempt.open()
        if report.streamed:
            content_type = source.content_type or request.surface.stream_type(request)
            return await self._stream(source, course, move, report, content_type)
        report.began()
        body = source.raw if isinstance(source, Whole) else await whole_body(source)
        if course.watch is not None:
            course.watch.answered(move.place)
        report.finish(200, source.usage)
        return new_answer((200, report.headers(), source.content_type or JSON_TYPE, body, None))

    async def _with_media(self, request: Request, course: Course, move: Move) -> Move:
        """For a platform that takes only bytes; what an earlier attempt fetched is not fetched again."""
        try:
            place = await fetch_media(request, move.place, self.outside, course.fetched)
        except RequestRefused as refused:
            raise failed(Stage.MAPPING, refused) from refused
        return Move(place, move.credential, move.delay)

    async def _stream(
        self, source: Source, course: Course, move: Move, report: Report, content_type: str
    ) -> Answer:
        """The answer begins with its first bytes; until then the attempt may still fail."""
        first = await first_bytes(source)
        report.began()
        if course.watch is not None:
            course.watch.answered(move.place)
        if report.admission is not None:
            report.admission.keep()
        # A stream may last long: nothing here holds on to the request, which may be large.
        provider, credential, ending = move.provider, move.credential, course.ending(move)

        def ended(error: ErrorInfo | None, *, gone: bool) -> ErrorInfo | None:
            shown = shown_error(error, provider, credential) if error else None
            if shown:
                report.failure(Stage.STREAMING, shown)
            ending(shown)
            report.finish(GONE if gone else 200, source.usage, shown)
            return shown

        return Answer(200, stream_headers(report), content_type, ClientStream(first, source, ended))


def read(snapshot: Snapshot, surface: Surface, inbound: Inbound, client: Client | None) -> Request:
    """The request that a client's bytes are. Raises `RequestRefused`."""
    body = read_body(inbound, surface, snapshot.settings.limits.nesting)
    brought = NO_KEYS
    if snapshot.caller_fields:
        inbound, body, brought = without_keys(inbound, body, snapshot.caller_fields)
    model = surface.model_of(body, inbound)
    return new_request((snapshot, surface, inbound, client, body, model, brought, None, None))


# What is told of a request that met a fault of the engine's own.
FAULT = 500


async def whole_body(source: Source) -> bytes:
    """The whole body for the client; the source is then closed. Raises `AttemptFailed`."""
    try:
        return await source.whole()
    except EngineError as failure:
        raise failed(Stage.BEFORE_FIRST, failure) from failure
    finally:
        await source.aclose()


async def first_bytes(source: Source) -> bytes:
    """The first bytes for the client. Raises `AttemptFailed`; the source is then closed."""
    first: bytes | None = None
    try:
        first = await source.next()
        if first is None:
            message = "the upstream's stream ended before it began"
            raise AttemptFailed(Stage.BEFORE_FIRST, ErrorInfo(ErrorClass.UPSTREAM, message, "empty_answer"))
    except EngineError as failure:
        raise failed(Stage.BEFORE_FIRST, failure) from failure
    finally:
        if first is None:
            await source.aclose()
    return first


def stream_headers(report: Report) -> Mapping[str, str]:
    """Nobody on the way may keep or collect a stream."""
    return {**report.headers(), "cache-control": "no-cache", "x-accel-buffering": "no"}
