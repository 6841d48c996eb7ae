"""A client's WebSocket, joined to an upstream's: messages pass as they are, with the provider's credentials.

Targets and fallbacks are tried as for a request until one agrees; then its client is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import orjson

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass, ErrorInfo, MappingFailed, RequestRefused
from engine.events import Call, Inbound
from engine.gateway.access import is_key_of
from engine.gateway.answer import Answer, error_answer
from engine.gateway.attempt import failed
from engine.gateway.course import Course, Move
from engine.gateway.experience import Experience
from engine.gateway.keys import penalise
from engine.gateway.outside import Outside
from engine.gateway.plan import Place
from engine.gateway.prepare import route_of, signed_call, with_query
from engine.gateway.record import GONE
from engine.gateway.relay import admitted, credentials_of, relayed_call
from engine.gateway.report import Report, tried
from engine.gateway.request import NO_KEYS, Request
from engine.gateway.scrub import scrub, scrub_text, secrets_of
from engine.gateway.travel import travel
from engine.mapping.dialect import Operation
from engine.mapping.scope import Scope
from engine.ports import Message, Socket, SocketClosed, Sockets
from engine.routing.failover import Stage
from engine.snapshot.model import Client, Endpoint, Provider, Snapshot
from engine.surfaces.chat import Chat, Fields
from engine.surfaces.neutral import NeutralSurface
from engine.surfaces.usage import merge, settle

OPERATION = "realtime"

# Browsers, which cannot set headers, put their key into a subprotocol, behind this.
KEY_MARK = "-insecure-api-key."

# Both sides may be silent for so long; that they are there at all is what pings are for.
IDLE = 900.0
SWITCHED = 101
NORMAL, GOING_AWAY = 1000, 1001
# What may stand in a frame that closes; others are never sent (RFC 6455, 7.4.1).
UNSENDABLE = {1005: NORMAL, 1006: 1011, 1015: 1011}
OURS = ("model", "key")


class Handshake(NeutralSurface):
    """What a request for a WebSocket is to routing: one without a body, for a stream of unknown length."""

    operation = OPERATION

    def read(
        self,
        body: dict[str, Any],
        inbound: Inbound,
        params: Mapping[str, Any],
        override: Mapping[str, Any],
    ) -> tuple[dict[str, Any], Chat]:
        return {}, Chat({}, FIELDS)


FIELDS = Fields({"stream": lambda _: True, "max_tokens": lambda _: 0})
HANDSHAKE = Handshake()


class Meter:
    """What a session uses, as its dialect reads it from the upstream's messages; answers add up."""

    def __init__(self, operation: Operation | None, scope: Scope | None) -> None:
        self._stream = operation.stream if operation else None
        self._scope = self._stream.scope(scope) if self._stream and scope else None
        self._totals: dict[str, int] = {}

    def read(self, message: Message) -> None:
        """What cannot be read counts for nothing, but passes."""
        if self._scope is None or self._stream is None:
            return
        try:
            events = self._stream.read(orjson.loads(message), self._scope)
        except (orjson.JSONDecodeError, MappingFailed):
            return
        counts: dict[str, Any] = {}
        for event in events:
            if event.kind == "usage":
                merge(counts, event.fields)
        for name, value in (settle(counts) or {}).items():
            if isinstance(value, int):
                self._totals[name] = self._totals.get(name, 0) + value

    @property
    def usage(self) -> Mapping[str, Any] | None:
        return self._totals or None


class Session:
    """An upstream's WebSocket that waits for its client's: `run` joins them until one of them closes."""

    def __init__(
        self,
        upstream: Socket,
        report: Report,
        meter: Meter,
        largest: int,
        secrets: tuple[str, ...],
        ended: Callable[[], None],
    ) -> None:
        """`ended` is called once, when the target is free of it. `secrets`: what no last word may hold."""
        self.largest = largest
        self._secrets = secrets
        self._ended = ended
        self._upstream = upstream
        self._report = report
        self._meter = meter

    @property
    def subprotocol(self) -> str | None:
        return self._upstream.subprotocol

    async def run(self, client: Socket) -> None:
        """Ends when both are closed. Cancelled, it says goodbye to both."""
        code, reason = GOING_AWAY, "the server is shutting down"
        try:
            code, reason = await self._join(client)
            reason = scrub_text(reason, self._secrets)
        except TimeoutError:
            reason = f"no message for {IDLE:g} s"
        except asyncio.CancelledError:
            self._report.finish(GONE, self._meter.usage)
            raise
        finally:
            self._leave()
            self._finish(code, reason)
            code = UNSENDABLE.get(code, code)
            await asyncio.gather(
                client.close(code, reason), self._upstream.close(code, reason), return_exceptions=True
            )

    async def _join(self, client: Socket) -> tuple[int, str]:
        """With which code and reason the first of them closed."""
        loop = asyncio.get_running_loop()
        patience: asyncio.Timeout | None = None

        def extend() -> None:
            if patience is not None:
                patience.reschedule(loop.time() + IDLE)

        try:
            async with asyncio.timeout(IDLE) as patience:
                pumps = {
                    asyncio.ensure_future(_pump(client, self._upstream, extend)),
                    asyncio.ensure_future(_pump(self._upstream, client, extend, self._meter.read)),
                }
                try:
                    done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                    return done.pop().result()
                finally:
                    for pump in pumps:
                        pump.cancel()
                    await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            patience = None  # it has this task, which keeps this frame when it is cancelled

    def _leave(self) -> None:
        ended, self._ended = self._ended, lambda: None
        ended()

    def _finish(self, code: int, reason: str) -> None:
        """A session that ended otherwise than by a good word is told as an error."""
        error = None
        if code not in (NORMAL, GOING_AWAY, 1005):
            message = f"the WebSocket was closed with {code}" + (f": {reason}" if reason else "")
            error = ErrorInfo(ErrorClass.UPSTREAM, message, "websocket_closed")
        self._report.finish(SWITCHED, self._meter.usage, error)

    async def aclose(self) -> None:
        """Whether it ran or not."""
        self._leave()
        self._report.finish(GONE, self._meter.usage)
        with suppress(SocketClosed):
            await self._upstream.close(GOING_AWAY)


async def _pump(
    source: Socket,
    sink: Socket,
    extend: Callable[[], None],
    see: Callable[[Message], None] = lambda message: None,
) -> tuple[int, str]:
    """Carry messages, one by one: the next is read when the last one is out."""
    try:
        while True:
            message = await source.receive()
            extend()
            see(message)
            await sink.send(message)
    except SocketClosed as closed:
        return closed.code, closed.reason


class Realtime:
    """Opens sessions."""

    def __init__(self, outside: Outside, experience: Experience, sockets: Sockets) -> None:
        self._outside = outside
        self._experience = experience
        self._sockets = sockets

    async def open(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer:
        """The answer: 101 with a session, or an error.

        `rest` is what follows the base URL of a `pass` endpoint.
        """
        surface = snapshot.surfaces[endpoint.surface]
        report = Report(
            self._outside, inbound.request_id, endpoint.name, client, streamed=True, operation=OPERATION
        )
        report.trace_from(inbound)
        answer: Answer | None = None
        try:
            protocols = _protocols(inbound)
            if endpoint.provider is not None:
                provider = endpoint.provider
                answer = await self._pass(snapshot, provider, inbound, rest, client, report, protocols)
            else:
                answer = await self._model(snapshot, endpoint, inbound, client, report, protocols)
            return answer
        except EngineError as error:
            report.finish(error.info.status, None, error.info)
            return error_answer(surface, error.info, report.headers())
        finally:
            if answer is None:
                report.finish(GONE, None)
                if report.admission is not None:
                    report.admission.close()

    # To a provider as it is

    async def _pass(
        self,
        snapshot: Snapshot,
        provider: Provider,
        inbound: Inbound,
        rest: str,
        client: Client | None,
        report: Report,
        protocols: Sequence[str],
    ) -> Answer:
        report.provider = provider.name
        credentials = credentials_of(self._outside, provider, inbound, NO_KEYS, client)
        credential = await admitted(report, provider, credentials)
        call = relayed_call(
            self._outside, provider, inbound, rest, credential, client, snapshot.caller_headers
        )
        report.attempts = 1
        if report.trace is not None:
            report.trace.attempt(tried(provider, credential.id if credential else None, "", False))
        try:
            socket = await self._connect(call, provider, report, protocols)
        except EngineError as error:
            info = scrub(error.info, secrets_of(credential, provider.secrets))
            penalise(self._outside, provider.pool, credential, info)
            report.failure(Stage.CONNECT, info)
            raise EngineError(info) from error
        session = self._session(socket, provider, credential, report, Meter(None, None))
        return Answer(SWITCHED, report.headers(), "", b"", session)

    # To a target of an alias

    async def _model(
        self,
        snapshot: Snapshot,
        endpoint: Endpoint,
        inbound: Inbound,
        client: Client | None,
        report: Report,
        protocols: Sequence[str],
    ) -> Answer:
        name = inbound.query.get("model", "")
        if not name:
            raise RequestRefused("name a model: `?model=…`", param="model", code="missing_required_parameter")
        request = Request(snapshot, HANDSHAKE, inbound, client, {}, name)
        if report.trace is not None:
            report.trace.asked(name)
        course = Course(request, self._outside, self._experience)
        attempt = partial(self._attempt, protocols)
        return await travel(course, course.first(), request, report, attempt)

    async def _attempt(
        self, protocols: Sequence[str], request: Request, course: Course, move: Move, report: Report
    ) -> Answer:
        """Raises `AttemptFailed`: as long as no WebSocket is open upstream, another target may have one."""
        operation = move.provider.dialect.operations[OPERATION]
        try:
            scope = self._scope(request, move.place, move.credential)
            call = self._call(request, move.place, operation, scope)
        except EngineError as error:
            raise failed(Stage.MAPPING, error) from error
        try:
            socket = await self._connect(call, move.provider, report, protocols)
        except EngineError as error:
            raise failed(Stage.CONNECT, error) from error
        if course.watch is not None:
            course.watch.answered(move.place)
        ending, meter = course.ending(move), Meter(operation, scope)
        session = self._session(socket, move.provider, move.credential, report, meter, partial(ending, None))
        return Answer(SWITCHED, report.headers(), "", b"", session)

    def _scope(self, request: Request, place: Place, credential: Credential | None) -> Scope:
        return Scope(
            clock=self._outside.clock.now,
            ids=self._outside.entropy.uid,
            body={},
            chat=place.leg.chat,
            model=place.model,
            params=place.provider.params,
            features=place.provider.features_of[place.model],
            route=route_of(request, place),
            client=request.client.facts if request.client else None,
            credential=credential.data if credential else None,
            headers=request.inbound.headers,
        )

    def _call(self, request: Request, place: Place, operation: Operation, scope: Scope) -> Call:
        """What the dialect says, and what else the client's query says."""
        assert operation.request is not None
        rendered = operation.request.render(scope)
        call = signed_call(place.provider, rendered, b"", scope)
        own = {**dict(parse_qsl(urlsplit(call.url).query)), **dict.fromkeys(OURS)}
        more = {
            name: value
            for name, value in request.inbound.query.items()
            if name not in own and not is_key_of(value, request.client)
        }
        return call._replace(url=with_query(call.url, more))

    # To either

    async def _connect(
        self, call: Call, provider: Provider, report: Report, protocols: Sequence[str]
    ) -> Socket:
        """Raises `EngineError`."""
        headers = {name: value for name, value in call.headers.items() if not _of_the_handshake(name)}
        if report.trace is not None:
            headers |= report.trace.headers()
        call = call._replace(headers=headers, url=urlunsplit(urlsplit(call.url)))
        return await self._sockets.connect(call, protocols, provider.limits.event)

    def _session(
        self,
        socket: Socket,
        provider: Provider,
        credential: Credential | None,
        report: Report,
        meter: Meter,
        ended: Callable[[], None] = lambda: None,
    ) -> Session:
        report.began()
        if report.admission is not None:
            report.admission.keep()
        secrets = secrets_of(credential, provider.secrets)
        return Session(socket, report, meter, provider.limits.event, secrets, ended)


def _of_the_handshake(name: str) -> bool:
    return name.startswith("sec-websocket-") or name == "content-type"


def _protocols(inbound: Inbound) -> list[str]:
    """The subprotocols that the client offers, without the one that is its key."""
    offered = inbound.headers.get("sec-websocket-protocol", "").split(",")
    names = (name.strip() for name in offered)
    return [name for name in names if name and KEY_MARK not in name]
