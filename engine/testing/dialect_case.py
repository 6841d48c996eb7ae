"""A test of a dialect alone: its mapping between the neutral forms, without routes, pools or passthrough.

What it sees is more than a client could: the events before they are folded, the class of an error, and
both the streamed and the whole form of one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorInfo, MappingFailed, RequestRefused, UpstreamFailed
from engine.events import Channel, Event, Inbound, Timeouts
from engine.gateway.media import wanted_of as media_wanted
from engine.gateway.media import with_media
from engine.gateway.plan import Leg, Place
from engine.gateway.prepare import Prepared, prepare
from engine.gateway.request import Request
from engine.gateway.results import Wanted, medium_of, parse_answer, results_of, usage_of, wanted_of
from engine.gateway.steps import Answered
from engine.mapping.dialect import Dialect
from engine.operations import CHAT, OPERATIONS
from engine.routing.aliases import AliasTable
from engine.routing.failover import RetryPolicy
from engine.snapshot.model import Alias, Client, Limits, Provider, Snapshot, Target
from engine.spec.settings import Settings
from engine.spec.test_case import Given, SurfaceTest
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold
from engine.surfaces.media import Fetched
from engine.surfaces.surface import Surface
from engine.testing.cases import Case
from engine.testing.facts import (
    chat_facts,
    completion_facts,
    error_facts,
    event_facts,
    frame_facts,
    request_facts,
    stream_facts,
)
from engine.testing.following import following_facts
from engine.testing.observed import Observed
from engine.testing.world import CREDENTIAL_KEY, NOW, UPSTREAM_MODEL, CountingIds, UpstreamAnswer
from engine.wire.framing import FramingSpec
from engine.wire.registry import FRAMINGS, framing_for

BASE_URL = "https://upstream.test"
DEFAULT_BODY = {"model": "test", "messages": [{"role": "user", "content": "hi"}]}
ANSWER_ID = "chatcmpl-test"


def observe(case: Case, dialect: Dialect, answer: UpstreamAnswer | None, surface: Surface) -> Observed:
    """Run one case with one answer of the upstream, or with none."""
    ids = CountingIds()
    given = case.test.given or Given(at=case.at)
    try:
        request, place = _request(case, given, dialect, surface)
        place = _with_media(request, place, given)
        prepared = prepare(request, place, _credential(given), lambda: NOW, ids.uid)
        chat = chat_facts(place.leg.chat, place.leg.body)
    except (RequestRefused, MappingFailed) as refused:
        why = f"the request was refused: {refused}"
        chats = surface.hub and surface.operation == CHAT
        told = {} if chats else {"answer": surface.error(refused.info)}
        return Observed({"reject": error_facts(refused.info), **told}, why)
    seen = Observed({"request": request_facts(prepared.call, BASE_URL), "unsupported": list(prepared.lost)})
    if answer is not None and case.test.response is not None:
        seen.found |= following_facts(prepared, place.provider, case.test.response, answer.status)
    meta = Meta(ANSWER_ID, request.model, int(NOW), ids.uid)
    if surface.operation != CHAT:
        return _operation(
            case, Reading(prepared, dialect, given, answer) if answer else None, request, meta, seen
        )
    seen.found["chat"] = chat
    if isinstance(case.test, SurfaceTest) and case.test.events is not None:
        _encode([given_events(case.test.events)], request, meta, seen)
    elif answer is not None:
        _read(Reading(prepared, dialect, given, answer), request, meta, seen)
    return seen


def _request(case: Case, given: Given, dialect: Dialect, surface: Surface) -> tuple[Request, Place]:
    """The client's request as the gateway would have it, and the one place where it can go."""
    body = given.body if given.body is not None else DEFAULT_BODY if surface.chats else {}
    headers = {name.lower(): value for name, value in given.headers.items()}
    inbound = Inbound("POST", "/", given.query, headers, orjson.dumps(body), "test", names=dict(given.path))
    name = surface.model_of(body, inbound)
    body_seen, chat = surface.read(body, inbound, {}, {})
    target = Target(_provider(case, given, dialect), given.model or UPSTREAM_MODEL)
    alias = Alias(name, case.at, "first", (target,))
    request = Request(_snapshot(alias), surface, inbound, client_of(given), body, alias.name)
    return request, Place(
        Leg(alias, alias.name, None, body_seen, chat), target, given.model or UPSTREAM_MODEL
    )


def _with_media(request: Request, place: Place, given: Given) -> Place:
    """What a platform takes as bytes only, as the test gives it. Raises `RequestRefused`."""
    found = {url: Fetched(one.media_type, one.data) for url, one in given.fetched.items()}
    wanted = media_wanted(request, place)
    for each in wanted:
        if each.url not in found:
            message = f"the test does not say what is fetched from {each.url} (given.fetched)"
            raise RequestRefused(message, param=each.where, code="url_not_fetched")
    return with_media(request, place, found) if wanted else place


def client_of(given: Given) -> Client | None:
    """`client: web` and `client: {name: web}` are the same."""
    name = given.client.get("name") if isinstance(given.client, dict) else given.client
    return None if name is None else Client(str(name), ())


def _snapshot(alias: Alias) -> Snapshot:
    aliases = AliasTable.build([(alias.name, alias)])
    return Snapshot("test", Settings(), aliases, {}, {}, (), ())


def _provider(case: Case, given: Given, dialect: Dialect) -> Provider:
    wished = {name: ("*",) if has else () for name, has in given.features.items()}
    return Provider(
        name="test",
        at=case.at,
        dialect=dialect,
        base_url=BASE_URL,
        pool=None,
        caller_key=None,
        headers={},
        timeouts=Timeouts(),
        channel=Channel(),
        params={**dialect.params, **given.params},
        features={**dialect.features, **wished},
        unsupported="warn",
        mode=None,
        retry=RetryPolicy(),
        limits=Limits(),
        passthrough=False,
    )


def _credential(given: Given) -> Credential:
    data = {"id": "test", "key": CREDENTIAL_KEY} if given.credential is None else dict(given.credential)
    return Credential("test", data.get("key"), data=data)


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer and what it takes to read it."""

    prepared: Prepared
    dialect: Dialect
    given: Given
    answer: UpstreamAnswer

    @property
    def text(self) -> str:
        return self.answer.body.decode("utf-8", "replace")

    def refusal(self) -> ErrorInfo | None:
        """The error that the answer is, by its status or by what the dialect says; None for none."""
        status, headers, error = self.answer.status, self.answer.headers, self.dialect.error
        try:
            data = orjson.loads(self.answer.body)
        except orjson.JSONDecodeError:
            data = None
        scope = self.prepared.scope
        if status >= 300 or (self.framing() is None and error.when(data, status, headers, self.text, scope)):
            return error.info(data, status, headers, self.text, scope)
        return None

    def framing(self) -> FramingSpec | None:
        """How the answer is cut into frames; None for a whole one."""
        stream = self.prepared.operation.stream
        found = framing_for(self.answer.headers.get("content-type", ""))
        declared = FRAMINGS.get(stream.framing) if stream else None
        typeless = declared is not None and not declared.content_types
        return found or (declared if typeless and self.prepared.asked else None)

    def results(self) -> dict[str, Any]:
        """The results of an operation beside the chat. Raises `EngineError`."""
        refusal, operation = self.refusal(), self.prepared.operation
        if refusal is not None:
            raise UpstreamFailed(refusal)
        assert operation.response is not None
        kind, label = OPERATIONS[operation.name], self.answer.headers.get("content-type", "")
        medium = wanted_of(label, kind, alike=False) is Wanted.MEDIUM
        data = medium_of(self.answer.body, label) if medium else parse_answer(self.answer.body)
        answered = Answered(self.answer.status, self.answer.headers, self.answer.body, data)
        return results_of(kind, operation.response, answered, self.prepared.scope)

    def batches(self) -> Iterator[list[Event]]:
        """The events of each frame, or of the whole answer. Raises `EngineError`."""
        operation, spec = self.prepared.operation, self.framing()
        state = None if self.given.state is None else dict(self.given.state)
        scope = self.prepared.scope.fork(state=state)
        if spec is not None and operation.stream is not None:
            framing = spec.open(Limits().event)
            for piece in self.answer.pieces:
                for frame in framing.feed(piece):
                    yield operation.stream.events(frame, scope)
            for frame in framing.close():
                yield operation.stream.events(frame, scope)
            return
        data = parse_answer(self.answer.body)
        if operation.response is not None:
            yield operation.response.events(data, self.answer.status, self.answer.headers, scope)
        elif operation.stream is not None:
            yield operation.stream.read(data, scope)


def _read(reading: Reading, request: Request, meta: Meta, seen: Observed) -> None:
    """Fold and encode the answer, and note everything that can be seen of it."""
    _encode(reading.batches(), request, meta, seen, reading)


def _encode(
    batches: Iterable[list[Event]],
    request: Request,
    meta: Meta,
    seen: Observed,
    reading: Reading | None = None,
) -> None:
    fold = Fold(meta.uid)
    surface = request.surface
    encoder = surface.stream(request, request.body, meta)
    events: list[Event] = []
    sent: list[bytes] = []
    try:
        refusal = reading.refusal() if reading else None
        if refusal is not None:
            raise UpstreamFailed(refusal)
        for batch in batches:
            events += batch
            sent.append(encoder.encode(fold.feed(batch)))
        sent.append(encoder.encode(fold.end(complete=reading is None or reading.framing() is None)))
    except EngineError as failed:
        sent.append(encoder.encode(fold.fail(failed.info)))
    streamed = b"".join(sent)
    seen.found |= {
        "events": event_facts(events),
        "frames": frame_facts(streamed, surface.stream_type(request)),
    }
    if surface.hub:
        seen.found |= stream_facts(streamed)
    if fold.error is not None:
        seen.found["error"] = error_facts(fold.error)
        if not surface.hub:
            seen.found["answer"] = surface.error(fold.error)
        seen.why_not = f"the answer is an error: {fold.error.message}"
        return
    whole: Any = surface.whole(fold.result(), meta, request)
    seen.found |= {"answer": whole, **(completion_facts(whole) if surface.hub else {})}


def _operation(case: Case, reading: Reading | None, request: Request, meta: Meta, seen: Observed) -> Observed:
    """What can be seen of an operation beside the chat, whose answers are whole."""
    surface = request.surface
    seen.found["worded"] = surface.read(request.body, request.inbound, {}, {})[0]
    try:
        results = _results(case, reading)
        if results is None:
            return seen
        answer = surface.told(results, meta, request)
    except EngineError as failed:
        told = {"error": error_facts(failed.info), "answer": surface.error(failed.info)}
        return Observed({**seen.found, **told}, f"the answer is an error: {failed.info.message}")
    usage = {name: count for name, count in (results.pop("usage") or {}).items() if count}
    seen.found |= {"results": results, "usage": usage, "answer": answer}
    return seen


def _results(case: Case, reading: Reading | None) -> dict[str, Any] | None:
    given = case.test.results if isinstance(case.test, SurfaceTest) else None
    if given is not None:
        return {**given, "usage": usage_of(given.get("usage"))}
    return reading.results() if reading is not None else None


def given_events(written: Any) -> list[Event]:
    """`[kind, fields, choice]` each; fields and choice may be left out."""
    return [
        Event(each[0], dict(each[1]) if len(each) > 1 else {}, each[2] if len(each) > 2 else 0)
        for each in written
    ]
