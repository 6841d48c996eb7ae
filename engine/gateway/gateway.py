"""The straight line: decode, plan, attempt by attempt, encode. It decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace

from engine.errors import EngineError, ErrorClass, ErrorInfo
from engine.events import Inbound
from engine.gateway.answer import JSON_TYPE, Answer, error_answer
from engine.gateway.attempt import At, Attempt, AttemptFailed
from engine.gateway.course import Course, Move
from engine.gateway.outside import Outside
from engine.gateway.relay import relay
from engine.gateway.report import Report
from engine.gateway.request import Request, model_of, parse_body
from engine.gateway.scrub import scrub, secrets_of
from engine.gateway.source import Source
from engine.gateway.streaming import ClientStream
from engine.ports import Clock, Counters, Entropy, Telemetry, Upstream
from engine.routing.failover import RetryBudget, Stage
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.surfaces.registry import SURFACES


class Gateway:
    """Serves requests of any snapshot; what it keeps between them are the savings of the retry budgets."""

    def __init__(
        self, upstream: Upstream, clock: Clock, entropy: Entropy, counters: Counters, telemetry: Telemetry
    ) -> None:
        self.outside = Outside(upstream, clock, entropy, counters, telemetry)
        self._savings: dict[str, RetryBudget] = {}

    async def chat(
        self, snapshot: Snapshot, surface_name: str, inbound: Inbound, client: Client | None
    ) -> Answer:
        """Answer a chat request in the surface's own protocol; errors are answers too.

        The caller must close the answer. Raises only what nobody foresaw. Cancelling it stops the upstream.
        """
        surface = SURFACES.get(surface_name)
        if surface is None:
            raise LookupError(f"no such surface {surface_name!r}")
        report = Report(self.outside, inbound.request_id, surface_name, client.name if client else None)
        try:
            body = parse_body(inbound.body, snapshot.settings.limits.nesting)
            request = Request(snapshot, surface, inbound, client, body, model_of(body))
            return await self._travel(request, report)
        except EngineError as error:
            report.finish(error.info.status, None, error.info)
            return error_answer(surface, error.info, report.headers())

    async def relay(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer:
        """Answer a request to a `pass` endpoint. `rest`: path and query behind the endpoint's own, as sent.

        A body that breaks off raises `UpstreamFailed` out of its iterator.
        """
        return await relay(self.outside, snapshot, endpoint, inbound, rest, client)

    async def _travel(self, request: Request, report: Report) -> Answer:
        """Attempt after attempt, until one is answered. Raises `EngineError` when none is left."""
        course = Course(request, self.outside, self._savings)
        move: Move | None = course.first()
        while True:
            assert move is not None
            report.attempt(move)
            if move.delay:
                await self.outside.clock.sleep(move.delay)
            try:
                return await self._attempt(request, course, move, report)
            except AttemptFailed as failure:
                info = shown_error(failure.info, move)
                report.failure(failure.stage, info)
                move = course.after(move, failure.stage, info)
                if move is None:
                    raise EngineError(info) from failure

    async def _attempt(self, request: Request, course: Course, move: Move, report: Report) -> Answer:
        """Raises `AttemptFailed`; nothing has gone to the client then."""
        attempt = Attempt(request, move, self.outside)
        report.drop(attempt.lost, quiet=move.provider.unsupported == "drop")
        source = await attempt.open()
        if not report.streamed:
            return await self._whole(source, report)
        return await self._stream(source, course, move, report, request.surface.stream_type)

    async def _whole(self, source: Source, report: Report) -> Answer:
        async with aclosing(source):
            with At(Stage.BEFORE_FIRST):
                body = await source.whole()
        report.finish(200, source.usage)
        return Answer(200, report.headers(), JSON_TYPE, body)

    async def _stream(
        self, source: Source, course: Course, move: Move, report: Report, content_type: str
    ) -> Answer:
        """The answer begins with its first bytes; until then the attempt may still fail."""
        first = await first_bytes(source)

        def ended(error: ErrorInfo | None, *, gone: bool) -> ErrorInfo | None:
            shown = shown_error(error, move) if error else None
            if shown:
                report.failure(Stage.STREAMING, shown)
                course.after(move, Stage.STREAMING, shown)
            report.finish(GONE if gone else 200, source.usage, shown)
            return shown

        return Answer(200, stream_headers(report), content_type, ClientStream(first, source, ended))


# What the log says of a client that left before its answer was complete.
GONE = 499


async def first_bytes(source: Source) -> bytes:
    """The first bytes for the client. Raises `AttemptFailed`; the source is then closed."""
    first: bytes | None = None
    try:
        with At(Stage.BEFORE_FIRST):
            first = await source.next()
            if first is None:
                message = "the upstream's stream ended before it began"
                raise EngineError(ErrorInfo(ErrorClass.UPSTREAM, message, "empty_answer"))
    finally:
        if first is None:
            await source.aclose()
    return first


def stream_headers(report: Report) -> Mapping[str, str]:
    """Nobody on the way may keep or collect a stream."""
    return {**report.headers(), "cache-control": "no-cache", "x-accel-buffering": "no"}


def shown_error(info: ErrorInfo, move: Move) -> ErrorInfo:
    """An attempt's error as a client may see it: without credentials; 401 when its own key was refused."""
    info = scrub(info, secrets_of(move.credential))
    if (
        info.error_class is ErrorClass.AUTH
        and move.provider.caller_credential
        and info.status_override is None
    ):
        info = replace(info, status_override=401, type_override="authentication_error")
    return info
