"""One request to an endpoint with an action, and the tools that it works with: implements `ports.Tools`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple, Protocol

import orjson

from engine.actions.program import ActionProgram
from engine.actions.target import OwnTarget
from engine.errors import AnswerBroken, EngineError, ErrorClass, ErrorInfo
from engine.events import Event, Inbound
from engine.gateway.access import GIVEN, KEY_HEADERS, visible_names
from engine.gateway.answer import Answer
from engine.gateway.office import Office
from engine.gateway.outside import Outside
from engine.gateway.own_target import alias_of
from engine.gateway.pipe import Pipe
from engine.gateway.request import Request
from engine.mapping.scope import Scope
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold
from engine.surfaces.neutral import NEUTRAL, error_of, events_of, whole_of
from engine.surfaces.neutral_task import neutral_task
from engine.surfaces.surface import Surface, named_model

NOBODY: Mapping[str, Any] = {}
LEFT = ErrorInfo(ErrorClass.INVALID, "the client left", "client_left", status_override=499)

# What a client sends for this server alone; `cookie` besides the headers where keys are.
PRIVATE = frozenset({*KEY_HEADERS, "cookie"})


# Of an answer to a model's client; the endpoint says these itself.
OWN_HEADERS = frozenset({"cache-control", "x-accel-buffering", "retry-after"})


class Asking(NamedTuple):
    """A request, the endpoint that it came to, and the snapshot that serves it to its end."""

    snapshot: Snapshot
    endpoint: Endpoint
    inbound: Inbound
    client: Client | None

    @property
    def program(self) -> ActionProgram:
        program = self.endpoint.action
        assert program is not None
        return program


class Asker(Protocol):
    """The gateway, as an action's tools see it."""

    @property
    def outside(self) -> Outside: ...

    async def ask(
        self,
        read: Callable[[], Request],
        inbound: Inbound,
        name: str,
        client: Client | None,
        surface: Surface = NEUTRAL,
    ) -> Answer: ...


class RequestTools:
    """The tools of one request. `pipe`: where events go, when its client gets a stream."""

    def __init__(self, gateway: Asker, office: Office, asking: Asking, pipe: Pipe | None = None) -> None:
        self._gateway = gateway
        self._outside = gateway.outside
        self._office = office
        self._asking = asking
        self._pipe = pipe
        self.scope: Scope | None = None
        self.asked = False
        """Whether a model was asked: then the ledger knows of this request."""
        self.headers: dict[str, str] = {}
        """What is told of the request to a model in headers, as of any other."""
        self.reading = False
        """Whether an upstream's stream is being read, which may be broken off."""

    @property
    def caller(self) -> Mapping[str, Any]:
        client = self._asking.client
        return client.facts if client else NOBODY

    @property
    def request_id(self) -> str:
        return self._asking.inbound.request_id

    def now(self) -> float:
        return self._outside.clock.now()

    def uid(self, prefix: str) -> str:
        return self._outside.entropy.uid(prefix)

    def random(self) -> float:
        return self._outside.entropy.random()

    def count(self, metric: str, labels: Mapping[str, str]) -> None:
        self._outside.telemetry.counter(metric, labels).add()

    def models(self) -> Sequence[str]:
        return visible_names(self._asking.snapshot, self._asking.client)

    async def do(self, verb: str, args: Mapping[str, Any]) -> Any:
        return await self._office.do(verb, args)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        self._office.later(work)

    async def emit(self, event: Mapping[str, Any]) -> None:
        stream = self._asking.program.stream
        if self._pipe is not None and stream is not None and self.scope is not None:
            await self._pipe.put(stream.event(event, self.scope))

    async def ask(
        self,
        body: Mapping[str, Any],
        *,
        credential: str | None = None,
        target: OwnTarget | None = None,
        shown: bool = True,
    ) -> Mapping[str, Any]:
        self.asked = self.asked or shown
        streams = shown and self._pipe is not None
        if streams and self._pipe is not None and self._pipe.gone:
            raise AnswerBroken(LEFT, NOBODY, gone=True)
        read = partial(self._request, {**body, "stream": streams}, credential, target)
        inbound, endpoint, client = self._asking.inbound, self._asking.endpoint, self._asking.client
        answer = await self._gateway.ask(read, inbound, endpoint.name, client)
        if shown:
            self._tell(answer)
        if isinstance(answer.body, bytes):
            return _whole(answer)
        return await self._stream(answer, str(body.get("model")))

    async def perform(
        self, operation: str, body: Mapping[str, Any], *, credential: str | None = None
    ) -> Mapping[str, Any]:
        self.asked = True
        surface = neutral_task(operation)
        read = partial(self._request, dict(body), credential, None, surface)
        inbound, endpoint, client = self._asking.inbound, self._asking.endpoint, self._asking.client
        answer = await self._gateway.ask(read, inbound, endpoint.name, client, surface)
        self._tell(answer)
        async with aclosing(answer):
            return _whole(answer)

    def _tell(self, answer: Answer) -> None:
        self.headers |= {name: value for name, value in answer.headers.items() if name not in OWN_HEADERS}

    def _request(
        self,
        body: dict[str, Any],
        credential: str | None,
        target: OwnTarget | None,
        surface: Surface = NEUTRAL,
    ) -> Request:
        """Keys and cookies of the client are for this server, not for upstreams."""
        snapshot, _, inbound, client = self._asking
        private = PRIVATE | snapshot.caller_headers
        headers = {name: value for name, value in inbound.headers.items() if name not in private}
        inbound = inbound._replace(headers=headers, body=b"")
        brought = {GIVEN: ((target.key if target else credential) or "").strip()}
        own = alias_of(target, snapshot.settings) if target else None
        model = named_model(body.get("model"))
        return Request(snapshot, surface, inbound, client, body, model, brought, own)

    async def _stream(self, answer: Answer, model: str) -> Mapping[str, Any]:
        """Pass the events on; what they come to."""
        uid = self._outside.entropy.uid
        fold, meta = Fold(uid), Meta("", model, int(self.now()), uid)
        self.reading = True
        try:
            assert not isinstance(answer.body, bytes)
            async with aclosing(answer):
                async for piece in answer.body:
                    events = list(events_of(piece))
                    fold.feed(events)
                    await self._show(events)
                    if self._pipe is not None and self._pipe.gone:
                        break
        except asyncio.CancelledError:
            if self._pipe is None or not self._pipe.gone:
                raise
            _uncancel()
        finally:
            self.reading = False
        told = whole_of(fold.result(), meta)
        if fold.error is not None:
            raise AnswerBroken(fold.error, told)
        if not fold.ended:
            raise AnswerBroken(LEFT, told, gone=True)
        return told

    async def _show(self, events: Sequence[Event]) -> None:
        stream, scope, pipe = self._asking.program.stream, self.scope, self._pipe
        if stream is None or scope is None or pipe is None:
            return
        frames = [
            stream.event({"kind": kind, "choice": choice, **fields}, scope)
            for kind, fields, choice in events
            if kind != "error"
        ]
        await pipe.put(b"".join(frames))


def _whole(answer: Answer) -> dict[str, Any]:
    """The JSON of an answer. Raises `EngineError` for one that tells of an error."""
    assert isinstance(answer.body, bytes)
    if answer.status != 200:
        raise EngineError(error_of(answer.body))
    whole: dict[str, Any] = orjson.loads(answer.body)
    return whole


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
