"""A test of a dialect alone: its mapping between the neutral forms, without routes, pools or passthrough.

What it sees is more than a client could: the events before they are folded, the class of an error, and
both the streamed and the whole form of one answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorInfo, MappingFailed, RequestRefused, UpstreamFailed
from engine.events import Channel, Event, Inbound, Timeouts
from engine.gateway.attempt import parse_answer
from engine.gateway.plan import Leg, Place
from engine.gateway.prepare import Prepared, prepare
from engine.gateway.request import Request
from engine.mapping.dialect import Dialect
from engine.routing.aliases import AliasTable
from engine.routing.failover import RetryPolicy
from engine.snapshot.model import Alias, Client, Limits, Provider, Snapshot, Target
from engine.spec.settings import Settings
from engine.spec.test_case import Given
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold
from engine.surfaces.registry import SURFACES
from engine.testing.cases import Case
from engine.testing.facts import completion_facts, error_facts, event_facts, request_facts, stream_facts
from engine.testing.observed import Observed
from engine.testing.world import CREDENTIAL_KEY, NOW, UPSTREAM_MODEL, CountingIds, UpstreamAnswer
from engine.wire.framing import FramingSpec
from engine.wire.registry import FRAMINGS, framing_for

BASE_URL = "https://upstream.test"
DEFAULT_BODY = {"model": "test", "messages": [{"role": "user", "content": "hi"}]}
ANSWER_ID = "chatcmpl-test"


def observe(case: Case, dialect: Dialect, answer: UpstreamAnswer | None) -> Observed:
    """Run one case with one answer of the upstream, or with none."""
    ids = CountingIds()
    given = case.test.given or Given(at=case.at)
    try:
        request, place = _request(case, given, dialect)
        prepared = prepare(request, place, _credential(given), lambda: NOW, ids.uid)
    except (RequestRefused, MappingFailed) as refused:
        why = f"the request was refused: {refused}"
        return Observed({"reject": error_facts(refused.info)}, why)
    seen = Observed({"request": request_facts(prepared.call, BASE_URL), "unsupported": list(prepared.lost)})
    if answer is not None:
        meta = Meta(ANSWER_ID, request.model, int(NOW), ids.uid)
        _read(Reading(prepared, dialect, given, answer), request, meta, seen)
    return seen


def _request(case: Case, given: Given, dialect: Dialect) -> tuple[Request, Place]:
    """The client's request as the gateway would have it, and the one place where it can go."""
    body = DEFAULT_BODY if given.body is None else given.body
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    chat = surface.decode(body)
    target = Target(_provider(case, given, dialect), given.model or UPSTREAM_MODEL)
    alias = Alias(str(body["model"]), case.at, "first", (target,))
    headers = {name.lower(): value for name, value in given.headers.items()}
    inbound = Inbound("POST", "/v1/chat/completions", {}, headers, orjson.dumps(body), "test")
    request = Request(_snapshot(alias), surface, inbound, client_of(given), body, alias.name)
    return request, Place(Leg(alias, alias.name, None, body, chat), target, given.model or UPSTREAM_MODEL)


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
        caller_credential=False,
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
    fold = Fold(meta.uid)
    encoder = request.surface.stream(request.body, meta)
    events: list[Event] = []
    sent: list[bytes] = []
    try:
        refusal = reading.refusal()
        if refusal is not None:
            raise UpstreamFailed(refusal)
        for batch in reading.batches():
            events += batch
            sent.append(encoder.encode(fold.feed(batch)))
        sent.append(encoder.encode(fold.end(complete=reading.framing() is None)))
    except EngineError as failed:
        sent.append(encoder.encode(fold.fail(failed.info)))
    seen.found |= stream_facts(b"".join(sent)) | {"events": event_facts(events)}
    if fold.error is not None:
        seen.found["error"] = error_facts(fold.error)
        seen.why_not = f"the answer is an error: {fold.error.message}"
        return
    whole: Any = request.surface.whole(fold.result(), meta)
    seen.found |= completion_facts(whole)
