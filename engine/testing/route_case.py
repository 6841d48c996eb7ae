"""A test of a route: the gateway itself, from the client's bytes to the client's answer."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import orjson

from engine.adapters.counters import LocalCounters
from engine.adapters.upstream_scripted import ScriptedUpstream
from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Inbound
from engine.gateway.answer import Answer
from engine.gateway.gateway import Gateway
from engine.ports import Reply
from engine.snapshot.model import Client, Snapshot
from engine.spec.test_case import Given, Medium
from engine.testing.cases import Case
from engine.testing.dialect_case import DEFAULT_BODY, client_of
from engine.testing.facts import completion_facts, request_facts, stream_facts
from engine.testing.observed import Observed
from engine.testing.world import (
    CountingIds,
    FixedClock,
    RecordedReply,
    Silence,
    UpstreamAnswer,
    stand_ins,
)

SURFACE = "openai-chat"
SCRIPTED = "scripted:"
UNSUPPORTED_HEADER = "x-proxyctl-unsupported"
PROVIDER_HEADER = "x-proxyctl-provider"
STREAMED = (
    "the client asked for a stream: it gets chunks, deltas and finish, and usage if its body has "
    "stream_options: {include_usage: true}"
)
NO_ANSWER = ErrorInfo(ErrorClass.INVALID, "the test gives no answer of the upstream", "no_answer")


class CaseUpstream:
    """Implements `ports.Upstream`: every call gets the test's answer; a scripted provider plays its own."""

    def __init__(
        self, answer: UpstreamAnswer | None, clock: FixedClock, fetched: Mapping[str, Medium] | None = None
    ) -> None:
        self._answer = answer
        self._fetched = fetched or {}
        self._scripted = ScriptedUpstream(clock.sleep)
        self.calls: list[Call] = []

    async def send(self, call: Call) -> Reply:
        if call.method == "GET" and (medium := self._fetched.get(call.url)):
            return RecordedReply(200, {"content-type": medium.media_type}, (b64decode(medium.data),))
        self.calls.append(call)
        if self._answer is not None:
            return RecordedReply(self._answer.status, self._answer.headers, self._answer.pieces)
        if call.url.startswith(SCRIPTED):
            return await self._scripted.send(call)
        raise UpstreamFailed(NO_ANSWER)

    async def aclose(self) -> None:
        return None


async def observe(case: Case, snapshot: Snapshot, answer: UpstreamAnswer | None) -> Observed:
    """Run one case with one answer of the upstream, or with none."""
    given = case.test.given or Given(at=case.at)
    clock = FixedClock()
    upstream, vault = CaseUpstream(answer, clock, given.fetched), stand_ins(snapshot)
    gateway = Gateway(upstream, clock, CountingIds(), LocalCounters(), Silence(), vault=vault)
    answered = await gateway.chat(snapshot, SURFACE, _inbound(case, given), caller(snapshot, given))
    body = await body_of(answered)
    seen = Observed({"unsupported": _unsupported(answered.headers)})
    if upstream.calls:
        call = upstream.calls[0]
        seen.found["request"] = request_facts(call, base_url(snapshot, call, answered))
    _note_answer(answered, body, seen, refused=not upstream.calls)
    return seen


def _inbound(case: Case, given: Given) -> Inbound:
    body = {**DEFAULT_BODY, "model": case.alias} if given.body is None else given.body
    headers = {"content-type": "application/json"} | {name.lower(): v for name, v in given.headers.items()}
    return Inbound("POST", "/v1/chat/completions", {}, headers, orjson.dumps(body), "test")


def caller(snapshot: Snapshot, given: Given) -> Client | None:
    """The site's own client of that name; one that the site does not know is a client all the same."""
    wanted = client_of(given)
    known = {client.name: client for client in snapshot.clients}
    return known.get(wanted.name, wanted) if wanted else None


async def body_of(answered: Answer) -> bytes:
    try:
        if isinstance(answered.body, bytes):
            return answered.body
        return b"".join([piece async for piece in answered.body])
    finally:
        await answered.aclose()


def base_url(snapshot: Snapshot, call: Call, answered: Answer) -> str:
    """Of the provider that was called first: the one that answered, else the one that the URL fits best."""
    urls = {name: provider.base_url.rstrip("/") for name, provider in snapshot.providers.items()}
    found = {name: url for name, url in urls.items() if f"{call.url}/".startswith((f"{url}/", f"{url}?"))}
    last = answered.headers.get(PROVIDER_HEADER, "")
    return found.get(last) or max(found.values(), key=len, default="")


def _unsupported(headers: Mapping[str, str]) -> list[str]:
    told = headers.get(UNSUPPORTED_HEADER, "")
    return told.split(", ") if told else []


def _note_answer(answered: Answer, body: bytes, seen: Observed, *, refused: bool) -> None:
    """`refused`: no call went up, so an error is the engine's own."""
    if answered.status >= 400:
        told = orjson.loads(body)["error"]
        error: dict[str, Any] = {**told, "status": answered.status}
        seen.found["reject" if refused else "error"] = error
        seen.why_not = f"the client got an error: {told['message']}"
    elif isinstance(answered.body, bytes):
        seen.found |= completion_facts(orjson.loads(body))
        seen.why_not = "the client did not ask for a stream"
    else:
        seen.found |= stream_facts(body)
        seen.why_not = STREAMED
