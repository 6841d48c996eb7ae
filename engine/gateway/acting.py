"""A request to an endpoint with an action: read, carried out, told in the endpoint's own shape."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson

from engine.actions.action import Outcome
from engine.actions.errors import Failure, Stage, Wrong
from engine.actions.frames import CONTENT_TYPE
from engine.actions.profile import ProfileShape
from engine.actions.program import ActionProgram
from engine.errors import AnswerBroken, EngineError, ErrorInfo, RequestRefused
from engine.events import Inbound
from engine.gateway.answer import JSON_TYPE, Answer
from engine.gateway.asking import NOBODY, Asker, Asking, RequestTools
from engine.gateway.office import Office
from engine.gateway.pipe import Pipe
from engine.gateway.record import refused_row
from engine.gateway.report import retry_headers
from engine.gateway.request import parse_body
from engine.mapping.scope import Scope
from engine.snapshot.model import Client, Snapshot

TEXT_TYPE = "text/plain; charset=utf-8"
NO_STORE = {"cache-control": "no-cache", "x-accel-buffering": "no"}


async def act(gateway: Asker, office: Office, asking: Asking) -> Answer:
    """Raises only what nobody foresaw."""
    program, stage, wrong = asking.program, Stage.REQUEST, list[Wrong]()
    tools, scope = RequestTools(gateway, office, asking), None
    try:
        outside = gateway.outside
        scope = scope_of(
            asking.snapshot, asking.inbound, asking.client, outside.clock.now, outside.entropy.uid
        )
        if program.check is not None:
            wrong = program.check.wrong(scope.body)
            if wrong:
                raise RequestRefused(wrong[0].message, param=wrong[0].param or None, code=wrong[0].code)
        if program.profile is not None:
            stage = Stage.ACTION
            scope = scope.fork(profile=await opened(program.profile, office, scope))
            stage = Stage.REQUEST
        given = program.inputs.given(program.action, scope)
        stage = Stage.ACTION
        if program.streams(scope):
            stream = ActionStream(gateway, office, asking, scope, given)
            tools = stream.tools
            body = await stream.begun()
            return Answer(200, {**tools.headers, **NO_STORE}, CONTENT_TYPE, body)
        answer = whole_answer(program, await program.action.run(given, tools), scope)
        return answer._replace(headers={**tools.headers, **answer.headers})
    except EngineError as error:
        if not tools.asked:
            _record(gateway, asking, error.info)
        return failure_answer(program, Failure(error.info, stage, wrong, scope), tools.headers)


def scope_of(
    snapshot: Snapshot,
    inbound: Inbound,
    client: Client | None,
    clock: Callable[[], float],
    ids: Callable[[str], str],
) -> Scope:
    """What the templates of an endpoint see. Raises `RequestRefused` for a body that is no JSON object."""
    body = parse_body(inbound.body, snapshot.settings.limits.nesting) if inbound.body.strip() else {}
    return seen(body, inbound, client, clock, ids)


def seen(
    body: Mapping[str, Any],
    inbound: Inbound,
    client: Client | None,
    clock: Callable[[], float],
    ids: Callable[[str], str],
) -> Scope:
    return Scope(
        clock=clock,
        ids=ids,
        body=body,
        headers=inbound.headers,
        client=client.facts if client else NOBODY,
        method=inbound.method,
        path=inbound.names,
        query=inbound.query,
        params={**inbound.query, **inbound.names},
    )


async def opened(profile: ProfileShape, office: Office, scope: Scope) -> Any:
    """The settings of whoever asks; of one who made none, and of nobody, None."""
    args = profile.args(scope)
    return None if args is None else await office.do("profiles.open", args)


def whole_answer(program: ActionProgram, outcome: Outcome, scope: Scope) -> Answer:
    status = program.status_of(outcome, scope)
    if outcome.raw is not None and program.response is None:
        return Answer(status, outcome.headers, outcome.content_type or TEXT_TYPE, outcome.raw)
    body = orjson.dumps(program.body(outcome, scope), option=orjson.OPT_NON_STR_KEYS)
    return Answer(status, outcome.headers, JSON_TYPE, body)


def failure_answer(program: ActionProgram, failure: Failure, headers: Mapping[str, str] = NOBODY) -> Answer:
    """An error in the endpoint's own shape. Where even that fails, what the engine says by itself."""
    try:
        status, body = program.errors.status_of(failure), program.errors.body(failure)
    except EngineError as error:
        failure = Failure(error.info, Stage.ACTION)
        status, body = failure.info.status, {"detail": failure.info.message}
    data = body.encode() if isinstance(body, str) else orjson.dumps(body)
    kind = TEXT_TYPE if isinstance(body, str) else JSON_TYPE
    return Answer(status, {**headers, **retry_headers(failure.info)}, kind, data)


def _record(gateway: Asker, asking: Asking, info: ErrorInfo) -> None:
    """A request that never came to a model: it goes into the ledger, as every other that is refused."""
    ledger, clock = gateway.outside.ledger, gateway.outside.clock
    if ledger is not None:
        endpoint = asking.endpoint
        ledger.record(refused_row(clock.now(), asking.inbound.request_id, endpoint.name, info, endpoint.asks))


class ActionStream(AsyncIterator[bytes]):
    """An action at work for a client that gets its events as they come; in the end `done`, or `error`."""

    def __init__(
        self, gateway: Asker, office: Office, asking: Asking, scope: Scope, given: Mapping[str, Any]
    ) -> None:
        self._pipe = Pipe()
        self.tools = RequestTools(gateway, office, asking, self._pipe)
        self.tools.scope = scope
        self._office = office
        self._program = asking.program
        self._scope = scope
        self._begun = False
        self._first: bytes | None = None
        self._task: asyncio.Task[None] | None = asyncio.get_running_loop().create_task(self._work(given))
        self._task.add_done_callback(lambda _: self._pipe.end())

    async def begun(self) -> ActionStream:
        """Once there is something to send. Raises `EngineError` when the action fails before."""
        try:
            self._first = await self._pipe.get()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        self._begun = True
        if self._first is None:
            self._look()
        return self

    def __aiter__(self) -> ActionStream:
        return self

    async def __anext__(self) -> bytes:
        piece, self._first = self._first, None
        if piece is None:
            piece = await self._pipe.get()
        if piece is None:
            self._look()
            raise StopAsyncIteration
        return piece

    def _look(self) -> None:
        """Raises what the action, which has ended, died of; the frame of that holds this stream."""
        task, self._task = self._task, None
        try:
            if task is not None:
                task.result()
        finally:
            del task

    async def aclose(self) -> None:
        """The client is gone: a model's answer is broken off at once, all else may come to its end."""
        self._pipe.leave()
        if self._task is None:
            return
        if self.tools.reading:
            self._task.cancel()
        if not self._task.done():
            self._office.watch(self._task)

    async def _work(self, given: Mapping[str, Any]) -> None:
        program, stream = self._program, self._program.stream
        assert stream is not None
        try:
            outcome = await program.action.run(given, self.tools)
            last = stream.end(outcome, self._scope)
        except EngineError as error:
            broken = isinstance(error, AnswerBroken)
            if not (broken or self._begun or stream.in_band):
                raise
            last = stream.failure(Failure(error.info, Stage.ACTION, request=self._scope), program.errors)
        await self._pipe.put(last)
