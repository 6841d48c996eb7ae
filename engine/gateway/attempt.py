"""One attempt: prepare, send, read what came by what it says it is. A failure knows how far it had come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from engine.errors import (
    EngineError,
    ErrorClass,
    ErrorInfo,
    MappingFailed,
    RequestRefused,
    UpstreamFailed,
)
from engine.events import Call
from engine.gateway.batches import OneBatch, StreamBatches, unreadable
from engine.gateway.course import Move
from engine.gateway.outside import Outside
from engine.gateway.passthrough import PassedFrames, PassedWhole
from engine.gateway.prepare import prepare
from engine.gateway.reading import Body, Deadlines
from engine.gateway.request import Request
from engine.gateway.scrub import secrets_of
from engine.gateway.source import Mapped, Source
from engine.gateway.steps import Answered, follow
from engine.mapping.dialect import Operation
from engine.mapping.steps import StepsProgram
from engine.ports import Reply
from engine.routing.failover import Stage
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold
from engine.wire.framing import FramingSpec
from engine.wire.registry import FRAMINGS, framing_for

BOM = b"\xef\xbb\xbf"

# Labels that say nothing: such an answer is read as what was asked for.
UNLABELLED = ("", "text/plain", "application/octet-stream")


class AttemptFailed(Exception):
    """An attempt's end, as the failover table wants to know it."""

    def __init__(self, stage: Stage, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.stage = stage
        self.info = info


class At:
    """What fails inside has failed at this stage; a refusal belongs to the mapping, wherever it is said.

    A mapping that cannot read an answer is an upstream that answered nonsense.
    """

    __slots__ = ("_stage",)

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: object
    ) -> None:
        if isinstance(failure, RequestRefused):
            raise AttemptFailed(Stage.MAPPING, failure.info) from failure
        if isinstance(failure, MappingFailed) and self._stage is not Stage.MAPPING:
            raise AttemptFailed(self._stage, unreadable(failure)) from failure
        if isinstance(failure, EngineError):
            raise AttemptFailed(self._stage, failure.info) from failure


class Attempt:
    """One move of a request's course. `open` gives its answer as a `Source`, which the caller must close."""

    def __init__(self, request: Request, move: Move, outside: Outside) -> None:
        self._surface = request.surface
        self._name = request.model
        self._move = move
        self._outside = outside
        self._provider = move.provider
        self._streaming = bool(move.place.leg.chat.stream)
        with At(Stage.MAPPING):
            clock, entropy = outside.clock, outside.entropy
            self._prepared = prepare(request, move.place, move.credential, clock.now, entropy.uid)
        self._passthrough = request.surface.passthrough if self._prepared.passing else None

    @property
    def lost(self) -> tuple[str, ...]:
        """The client's parameters that this attempt does not carry."""
        return self._prepared.lost

    async def open(self) -> Source:
        """Raises `AttemptFailed`; the upstream's connection is then closed."""
        reply, body = await self._send(self._prepared.call, Deadlines(self._provider.timeouts))
        opened: Source | None = None
        try:
            await self._refuse_status(reply, body)
            with At(Stage.BEFORE_FIRST):
                opened = await self._read(reply, body)
        finally:
            if opened is None:
                await body.aclose()
        return opened

    async def _send(self, call: Call, deadlines: Deadlines) -> tuple[Reply, Body]:
        body: Body | None = None
        try:
            with At(Stage.CONNECT):
                reply = await deadlines.wait(self._outside.upstream.send(call))
                body = Body(reply, deadlines, self._provider.limits.response)
        finally:
            if body is None:
                deadlines.close()
        return reply, body

    async def _exchange(self, call: Call, deadlines: Deadlines) -> Answered:
        """A further call of this attempt, whose whole answer is wanted."""
        reply, body = await self._send(call, deadlines)
        try:
            await self._refuse_status(reply, body)
            with At(Stage.BEFORE_FIRST):
                return await self._whole(reply, body)
        finally:
            await body.aclose()

    async def _refuse_status(self, reply: Reply, body: Body) -> None:
        with At(Stage.STATUS):
            if not 200 <= reply.status < 300:
                raise UpstreamFailed(await self._error(reply, body))

    async def _error(self, reply: Reply, body: Body) -> ErrorInfo:
        text = (await body.readable()).decode("utf-8", "replace")
        if reply.status < 400:
            message = f"the upstream answered with status {reply.status}, which is not followed"
            return ErrorInfo(ErrorClass.UPSTREAM, message, "unexpected_status")
        error = self._provider.dialect.error
        return error.info(_json_or_none(text), reply.status, reply.headers, text, self._prepared.scope)

    async def _read(self, reply: Reply, body: Body) -> Source:
        operation = self._prepared.operation
        framing = framing_of(reply.headers.get("content-type", ""), operation, asked=self._prepared.asked)
        if framing is None or not (framing.bare or await _streams(body)):
            return await self._read_json(reply, body)
        opened = framing.open(self._provider.limits.event)
        if self._passthrough and self._streaming and framing is framing_for(self._surface.stream_type):
            passed = self._passthrough.stream(self._move.place.leg.body)
            return PassedFrames(body, opened, passed, secrets_of(self._move.credential))
        if operation.stream is None:
            raise UpstreamFailed(_unexpected(reply, "a stream, which its dialect does not read"))
        return self._mapped(body, StreamBatches(body, opened, operation.stream, self._prepared.scope.fork()))

    async def _read_json(self, reply: Reply, body: Body) -> Source:
        """A whole answer is read and parsed before the first byte of it goes out."""
        answer = await self._whole(reply, body)
        if self._passthrough and not self._streaming:
            return PassedWhole(body, answer.raw, self._passthrough.usage_of(answer.data))
        operation, scope = self._prepared.operation, self._prepared.scope
        if operation.steps is not None:
            answer = await self._follow(operation.steps, answer, body.deadlines)
        if operation.response is not None:
            events = operation.response.events(answer.data, answer.status, answer.headers, scope)
        elif operation.stream is not None:
            events = operation.stream.read(answer.data, scope.fork())
        else:
            raise UpstreamFailed(_unexpected(reply, "an answer, which its dialect does not read"))
        return self._mapped(body, OneBatch(events))

    async def _follow(self, steps: StepsProgram, answer: Answered, deadlines: Deadlines) -> Answered:
        def exchange(call: Call) -> Awaitable[Answered]:
            return self._exchange(call, deadlines)

        try:
            return await follow(
                steps, answer, self._provider, self._prepared.scope, exchange, self._rest(deadlines)
            )
        finally:
            deadlines.close()

    def _rest(self, deadlines: Deadlines) -> Callable[[float], Awaitable[None]]:
        async def rest(seconds: float) -> None:
            """Before each further call: of the timeouts only `total` runs on while we wait."""
            if seconds:
                deadlines.rest()
                await deadlines.wait(self._outside.clock.sleep(seconds))
            deadlines.again()

        return rest

    async def _whole(self, reply: Reply, body: Body) -> Answered:
        raw = (await body.whole()).removeprefix(BOM)
        await body.aclose()
        data = parse_answer(raw)
        self._refuse_error(reply, raw, data)
        return Answered(reply.status, reply.headers, raw, data)

    def _refuse_error(self, reply: Reply, raw: bytes, data: Any) -> None:
        """Errors that come with a good status."""
        error, scope = self._provider.dialect.error, self._prepared.scope
        if error.condition is not None:
            text = raw.decode("utf-8", "replace")
            if error.when(data, reply.status, reply.headers, text, scope):
                raise UpstreamFailed(error.info(data, reply.status, reply.headers, text, scope))
        found = self._passthrough.fault_of(data) if self._passthrough else None
        if found is not None:
            raise UpstreamFailed(found)

    def _mapped(self, body: Body, batches: OneBatch | StreamBatches) -> Mapped:
        uid, now = self._outside.entropy.uid, self._outside.clock.now
        meta = Meta(uid(ID_PREFIX), self._name, int(now()), uid)
        source = Mapped(body, batches, Fold(uid, keep=not self._streaming), self._surface, meta)
        return source.encode_for(self._move.place.leg.body) if self._streaming else source


# What ids of answers begin with, where the upstream gives none.
ID_PREFIX = "chatcmpl"


def framing_of(content_type: str, operation: Operation, *, asked: bool) -> FramingSpec | None:
    """How to cut an answer into frames, by its content type; None for a whole JSON answer.

    Raises `UpstreamFailed` for a type that is neither. A framing that travels as plain JSON, and an answer
    without a label, are what was asked for.
    """
    kind = content_type.partition(";")[0].strip().lower()
    found = framing_for(kind)
    if found is not None:
        return found
    is_json = kind.endswith(("/json", "+json"))
    if not is_json and kind not in UNLABELLED:
        message = f"the upstream answered with content type {kind[:100]!r}"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "unexpected_content_type"))
    declared = FRAMINGS.get(operation.stream.framing) if asked and operation.stream else None
    return declared if declared and (not is_json or not declared.content_types) else None


async def _streams(body: Body) -> bool:
    """Whether what is labelled as a stream is one: errors come as JSON under the label that was asked for."""
    return not (await body.opening()).startswith(b"{")


def parse_answer(raw: bytes) -> Any:
    """The JSON of a whole answer. Raises `UpstreamFailed` when it is none, cut off, empty or null."""
    try:
        data = orjson.loads(raw) if raw.strip() else None
    except orjson.JSONDecodeError as exc:
        message = "the upstream's answer is not valid JSON, or was cut off"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "malformed_answer")) from exc
    if not isinstance(data, dict | list) or not data:
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "the upstream's answer is empty", "empty_answer"))
    return data


def _unexpected(reply: Reply, what: str) -> ErrorInfo:
    kind = reply.headers.get("content-type", "")[:100]
    return ErrorInfo(ErrorClass.UPSTREAM, f"the upstream sent {what} ({kind})", "unexpected_content_type")


def _json_or_none(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
