"""One attempt: prepare, send, read what came by what it says it is. A failure knows how far it had come."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
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
from engine.events import Call, Event, Frame
from engine.gateway.afterword import Afterword, LastCall
from engine.gateway.answer import JSON_TYPE
from engine.gateway.batches import Batches, OneBatch, StreamBatches, unreadable
from engine.gateway.course import Move
from engine.gateway.labels import framing_of
from engine.gateway.outside import Outside
from engine.gateway.passthrough import PassedFrames
from engine.gateway.prepare import prepare
from engine.gateway.raw import Raw
from engine.gateway.read_stream import Pulled
from engine.gateway.reading import Body, Deadlines
from engine.gateway.relayed import RelayedFrames
from engine.gateway.request import Request
from engine.gateway.results import (
    Wanted,
    medium_of,
    parse_answer,
    results_of,
    told_bytes,
    usage_of_bytes,
    wanted_of,
)
from engine.gateway.rewriting import AnswerRules, rules_of, with_rules
from engine.gateway.scrub import secrets_of
from engine.gateway.source import Mapped, Source
from engine.gateway.steps import Answered, Following, new_answered
from engine.gateway.submission import submit
from engine.gateway.text_tools import CallTexts, InTurn, Rewriting, as_functions
from engine.gateway.whole import Whole
from engine.mapping.dialect import Operation
from engine.mapping.steps import Steps
from engine.operations import CHAT, OPERATIONS
from engine.ports import Reply
from engine.routing.failover import Stage
from engine.surfaces.answer import Meta, new_meta
from engine.surfaces.complete import fold_complete
from engine.surfaces.fold import Fold
from engine.wire.framing import Cutting, FramingSpec
from engine.wire.registry import framing_for

BOM = b"\xef\xbb\xbf"

Send = Callable[[Call], Coroutine[Any, Any, Reply]]


class AttemptFailed(Exception):
    """An attempt's end, as the failover table wants to know it."""

    def __init__(self, stage: Stage, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.stage = stage
        self.info = info


def failed(stage: Stage, failure: EngineError) -> AttemptFailed:
    """What fails at a stage; a refusal belongs to the mapping, wherever it is said.

    A mapping that cannot read an answer is an upstream that answered nonsense.
    """
    if isinstance(failure, RequestRefused):
        return AttemptFailed(Stage.MAPPING, failure.info)
    if isinstance(failure, MappingFailed) and stage is not Stage.MAPPING:
        return AttemptFailed(stage, unreadable(failure))
    return AttemptFailed(stage, failure.info)


class Attempt:
    """One move of a request's course. `open` gives its answer as a `Source`, which the caller must close."""

    def __init__(self, request: Request, move: Move, outside: Outside) -> None:
        self._request = request
        self._surface = request.surface
        self._move = move
        self._outside = outside
        self._provider = move.provider
        self._streaming = bool(move.place.leg.chat.stream)
        clock, entropy, place = outside.clock, outside.entropy, move.place
        rules = rules_of(request, place)
        try:
            place, texts = as_functions(request, place)
            if rules is not None and rules.request:
                place = with_rules(request, place, rules.request, outside.telemetry)
            self._prepared = prepare(request, place, move.credential, clock.now, entropy.uid)
        except EngineError as failure:
            raise failed(Stage.MAPPING, failure) from failure
        self._rules: Rewriting | None = None
        if rules is not None and rules.answer:
            self._rules = AnswerRules(rules.answer, outside.telemetry)
        if texts:
            self._rules = CallTexts(texts) if self._rules is None else InTurn(CallTexts(texts), self._rules)
        self.lost = self._prepared.lost
        """The client's parameters that this attempt does not carry."""
        passing = self._prepared.passing and self._rules is None
        self._passthrough = passthrough = request.surface.passthrough if passing else None
        self._reading = passthrough.reading if passthrough else None
        self._notable = passthrough.notable if passthrough else None
        self._said_over = False
        """Whether the upstream has answered that what it works on has failed: nothing is left to call off."""

    def carry(self, headers: Mapping[str, str]) -> None:
        """Send these headers, too."""
        call = self._prepared.call
        call = call._replace(headers={**call.headers, **headers})
        self._prepared = self._prepared._replace(call=call)

    async def open(self) -> Source:
        """Raises `AttemptFailed`; the upstream's connection is then closed."""
        deadlines, cancel = Deadlines(self._provider.timeouts), self._prepared.operation.cancel
        send: Send | None = None
        if cancel is not None:
            send = partial(submit, self._outside, partial(self._following(deadlines).give_up, cancel))
        reply, body = await self._send(self._prepared.call, deadlines, send)
        opened: Source | None = None
        try:
            if not 200 <= reply.status < 300:
                raise await self._refusal(reply, body)
            opened = await self._reader(reply, body)
        except EngineError as failure:
            raise failed(Stage.BEFORE_FIRST, failure) from failure
        finally:
            if opened is None:
                await body.aclose()
        return opened

    async def _send(self, call: Call, deadlines: Deadlines, send: Send | None = None) -> tuple[Reply, Body]:
        body: Body | None = None
        try:
            with deadlines:
                reply = await (send or self._outside.upstream.send)(call)
            body = Body(reply, deadlines, self._provider.limits.response)
        except EngineError as failure:
            raise failed(Stage.CONNECT, failure) from failure
        finally:
            if body is None:
                deadlines.close()
        return reply, body

    async def _exchange(self, call: Call, deadlines: Deadlines) -> Answered:
        """A further call of this attempt, whose whole answer is wanted."""
        reply, body = await self._send(call, deadlines)
        try:
            if not 200 <= reply.status < 300:
                raise await self._refusal(reply, body)
            return self._answered(reply, await body.whole())
        except EngineError as failure:
            raise failed(Stage.BEFORE_FIRST, failure) from failure
        finally:
            await body.aclose()

    async def _refusal(self, reply: Reply, body: Body) -> AttemptFailed:
        try:
            return AttemptFailed(Stage.STATUS, await self._error(reply, body))
        except EngineError as failure:
            return failed(Stage.STATUS, failure)

    async def _error(self, reply: Reply, body: Body) -> ErrorInfo:
        text = (await body.readable()).decode("utf-8", "replace")
        if reply.status < 400:
            message = f"the upstream answered with status {reply.status}, which is not followed"
            return ErrorInfo(ErrorClass.UPSTREAM, message, "unexpected_status")
        error = self._provider.dialect.error
        return error.info(_json_or_none(text), reply.status, reply.headers, text, self._prepared.scope)

    def _reader(self, reply: Reply, body: Body) -> Coroutine[Any, Any, Source]:
        """How the answer is read. Raises `UpstreamFailed`, as what it gives does."""
        operation = self._prepared.operation
        if operation.name != CHAT:
            return self._read_other(reply, body, operation)
        framing = framing_of(reply.headers.get("content-type", ""), operation, asked=self._prepared.asked)
        if framing is None:
            return self._read_json(reply, body)
        return self._read_frames(reply, body, framing)

    async def _read_frames(self, reply: Reply, body: Body, framing: FramingSpec) -> Source:
        if framing.bare or await _streams(body):
            return self._read_stream(reply, body, framing)
        return await self._read_json(reply, body)

    def _read_stream(
        self,
        reply: Reply,
        body: Body,
        framing: FramingSpec,
        call_off: Callable[[], None] | None = None,
        last: LastCall | None = None,
    ) -> Source:
        operation, limit = self._prepared.operation, self._provider.limits.event
        alike = framing is framing_for(self._surface.stream_type(self._request))
        if self._reading and self._streaming and alike and framing.cutter:
            passed = self._reading.stream(self._move.place.leg.body)
            return PassedFrames(
                body, framing.cutter(limit), passed, secrets_of(self._move.credential, self._provider.secrets)
            )
        if operation.stream is None:
            raise UpstreamFailed(_unexpected(reply, "a stream, which its dialect does not read"))
        scope = operation.stream.scope(self._prepared.scope)
        if self._notable and self._streaming and alike and framing.cutter:
            return self._relayed(body, framing.cutter(limit), partial(operation.stream.events, scope=scope))
        batches = StreamBatches(framing.open(limit), operation.stream, scope)
        if last is not None:
            afterword = Afterword(body, batches, last)
            return self._mapped(afterword, afterword, call_off)
        return self._mapped(body, batches, call_off)

    async def _read_json(self, reply: Reply, body: Body) -> Source:
        """A whole answer is read and parsed before the first byte of it goes out."""
        raw = body.arrived()
        answer = self._answered(reply, await body.whole() if raw is None else raw)
        if self._reading and not self._streaming:
            return Whole(answer.raw, self._reading.usage_of(answer.data))
        operation = self._prepared.operation
        if operation.opening and self._prepared.asked:
            opened = await self._opened(operation, answer, body.deadlines)
            if not isinstance(opened, Answered):
                return opened
            answer = opened
        if operation.steps:
            answer = await self._follow(operation.steps, answer, body.deadlines)
        return self._told(answer, reply, body)

    def _told(self, answer: Answered, reply: Reply, body: Body) -> Source:
        operation, scope = self._prepared.operation, self._prepared.scope
        if operation.response is not None:
            events = operation.response.events(answer.data, answer.status, answer.headers, scope)
        elif operation.stream is not None:
            events = operation.stream.read(answer.data, scope.fork())
        else:
            raise UpstreamFailed(_unexpected(reply, "an answer, which its dialect does not read"))
        return self._mapped(body, OneBatch(events)) if self._streaming else self._folded(events, answer.raw)

    async def _read_other(self, reply: Reply, body: Body, operation: Operation) -> Source:
        """The answer of an operation beside the chat: results in the client's own shape, or bytes as such."""
        content_type = reply.headers.get("content-type", "")
        kind, alike = OPERATIONS[operation.name], operation.wire == self._surface.wire
        wanted = wanted_of(content_type, kind, alike=alike and self._streaming)
        scope, program = self._prepared.scope, operation.response
        if wanted is Wanted.BYTES:
            return Raw(body, content_type, usage_of_bytes(program, reply.status, reply.headers, scope))
        medium = wanted is Wanted.MEDIUM
        if wanted is Wanted.NOTHING or program is None or (medium and self._passthrough):
            raise UpstreamFailed(_unexpected(reply, "what its dialect does not read"))
        answer = self._answered(reply, await body.whole(), medium=medium)
        if operation.steps:
            answer = await self._follow(operation.steps, answer, body.deadlines)
        results = results_of(kind, program, answer, scope)
        if self._passthrough:
            return Whole(answer.raw, results["usage"], JSON_TYPE)
        told = self._surface.told(results, self._meta(), self._request)
        return Whole(*told_bytes(told, results, kind))

    async def _follow(self, steps: Steps, answer: Answered, deadlines: Deadlines) -> Answered:
        """The answer that the steps come to; when they come to none, what they wait for is called off."""
        following, done = self._following(deadlines), False
        try:
            answer = await following.through(steps, answer, partial(self._exchange, deadlines=deadlines))
            done = True
        finally:
            deadlines.close()
            if not (done or self._said_over):
                following.call_off(self._prepared.operation.cancel)()
        return answer

    async def _opened(
        self, operation: Operation, answer: Answered, deadlines: Deadlines
    ) -> Source | Answered:
        """The stream that the last step opens; the answer so far when the platform has none for this one."""
        *before, last = operation.opening
        answer = await self._follow(tuple(before), answer, deadlines)
        following = self._following(deadlines)
        try:
            if not following.wants(last, answer):
                return answer
        except EngineError:
            following.call_off(operation.cancel)()
            raise
        call_off = following.call_off(operation.cancel)
        source: Source | None = None
        body: Body | None = None
        try:
            reply, body = await self._send(await following.stream_call(last), deadlines)
            if not 200 <= reply.status < 300:
                raise await self._refusal(reply, body)
            framing = framing_of(reply.headers.get("content-type", ""), operation, asked=True)
            if framing is None or not (framing.bare or await _streams(body)):
                source = self._told(self._answered(reply, await body.whole()), reply, body)
            else:
                source = self._read_stream(
                    reply, body, framing, call_off, following.last_call(operation.after, answer)
                )
        finally:
            if source is None:
                if body is not None:
                    await body.aclose()
                deadlines.close()
                if not self._said_over:
                    call_off()
        return source

    def _following(self, deadlines: Deadlines) -> Following:
        return Following(
            self._outside,
            self._provider,
            self._prepared.scope,
            deadlines,
            self._request.snapshot.settings.allow_addresses,
            secrets_of(self._move.credential, self._provider.secrets),
        )

    def _answered(self, reply: Reply, raw: bytes, *, medium: bool = False) -> Answered:
        """What a whole answer says. Raises `UpstreamFailed` for an error that comes with a good status."""
        raw = raw.removeprefix(BOM)
        data = medium_of(raw, reply.headers["content-type"]) if medium else parse_answer(raw)
        self._refuse_error(reply, raw, data)
        return new_answered((reply.status, reply.headers, raw, data))

    def _refuse_error(self, reply: Reply, raw: bytes, data: Any) -> None:
        """Errors that come with a good status."""
        error = self._provider.dialect.error
        if error.condition is not None:
            scope = self._prepared.scope if error.reads_request else None
            text = raw.decode("utf-8", "replace") if error.reads_text else ""
            if error.when(data, reply.status, reply.headers, text, scope):
                text, self._said_over = text or raw.decode("utf-8", "replace"), True
                raise UpstreamFailed(
                    error.info(data, reply.status, reply.headers, text, self._prepared.scope)
                )
        found = self._reading.fault_of(data) if self._reading else None
        if found is not None:
            raise UpstreamFailed(found)

    def _folded(self, events: Sequence[Event], raw: bytes) -> Source:
        """The client's whole answer, of all its events; `raw` where it passes. Raises `UpstreamFailed`."""
        folded = fold_complete(events, self._outside.entropy.uid)
        if folded.error:
            raise UpstreamFailed(folded.error)
        if self._notable:
            return Whole(raw, folded.usage)
        if self._rules:
            folded = self._rules.whole(folded)
        meta = self._meta(folded.start.get("id"))
        return Whole(orjson.dumps(self._surface.whole(folded, meta, self._request)), folded.usage)

    def _relayed(
        self, body: Body, framing: Cutting, events: Callable[[Frame], Sequence[Event]]
    ) -> RelayedFrames:
        assert self._notable is not None
        fold = Fold(self._outside.entropy.uid, keep=False)
        encoder = self._surface.stream(self._request, self._move.place.leg.body, self._meta())
        return RelayedFrames(body, framing, events, self._notable, fold, encoder)

    def _mapped(self, body: Pulled, batches: Batches, call_off: Callable[[], None] | None = None) -> Source:
        fold = Fold(self._outside.entropy.uid, keep=not self._streaming)
        meta, rules = self._meta(), self._rules
        if self._streaming:
            encoder = self._surface.stream(self._request, self._move.place.leg.body, meta)
            return Mapped(body, batches, fold, encoder=encoder, rules=rules, call_off=call_off)
        shape = partial(self._surface.whole, meta=meta, asked=self._request)
        return Mapped(body, batches, fold, shape, rules=rules, call_off=call_off)

    def _meta(self, known_id: str | None = None) -> Meta:
        uid, now = self._outside.entropy.uid, int(self._outside.clock.now())
        return new_meta((known_id or uid(self._surface.id_prefix), self._request.model, now, uid))


async def _streams(body: Body) -> bool:
    """Whether what is labelled as a stream is one: errors come as JSON under the label that was asked for."""
    return not (await body.opening()).startswith(b"{")


def _unexpected(reply: Reply, what: str) -> ErrorInfo:
    kind = reply.headers.get("content-type", "")[:100]
    return ErrorInfo(ErrorClass.UPSTREAM, f"the upstream sent {what} ({kind})", "unexpected_content_type")


def _json_or_none(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
