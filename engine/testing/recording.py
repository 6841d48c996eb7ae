"""A real exchange with an upstream, to be told as a test: what it answered, and what the client got.

The upstream is called once. A retry or a fallback gets the first answer again, as every call of a test does,
so that the client gets what it will get offline.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.entropy import SystemEntropy
from engine.adapters.redaction import redact_keys
from engine.credentials.vault import Vault
from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call
from engine.gateway.answer import Answer
from engine.gateway.gateway import Gateway
from engine.gateway.scrub import scrub_text
from engine.ports import Reply, Upstream
from engine.snapshot.model import Snapshot
from engine.testing.cases import Case
from engine.testing.endpoint_case import answer_facts, answer_of
from engine.testing.match import exactly
from engine.testing.observed import Observed
from engine.testing.route_case import PROVIDER_HEADER
from engine.testing.world import RecordedReply, Silence
from engine.wire.registry import framing_for

# The headers of an answer that may have a say in what is made of it.
TELLING = re.compile(r"content-type|retry-after.*|.*ratelimit.*")
SEVERAL = ErrorInfo(
    ErrorClass.INVALID,
    "the platform is asked again after its answer, but a test has one answer: this cannot be recorded",
    "several_calls",
)


class NotRecorded(Exception):
    """There is nothing that a test can hold; the message says why."""


@dataclass(slots=True)
class HeardReply:
    """Implements `ports.Reply`; keeps what it gives.

    A stream ends where the connection breaks, since that of a test does no more than end.
    """

    reply: Reply
    status: int = field(init=False)
    headers: Mapping[str, str] = field(init=False)
    pieces: list[bytes] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.status, self.headers = self.reply.status, self.reply.headers

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self.reply.chunks():
                self.pieces.append(piece)
                yield piece
        except UpstreamFailed:
            if framing_for(self.headers.get("content-type", "")) is None:
                raise

    async def aclose(self) -> None:
        await self.reply.aclose()


class Recorder:
    """Implements `ports.Upstream`. `call` is the one that went out, `failed` why nothing came back."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self.call: Call | None = None
        self.heard: HeardReply | None = None
        self.failed: ErrorInfo | None = None

    async def send(self, call: Call) -> Reply:
        if self.failed is not None:
            raise UpstreamFailed(self.failed)
        if self.heard is None:
            self.call = call
            try:
                self.heard = HeardReply(await self._upstream.send(call))
            except UpstreamFailed as failure:
                self.failed = failure.info
                raise
            return self.heard
        if self.heard.status < 300 and not _again(call, self.call):
            self.failed = SEVERAL
            raise UpstreamFailed(SEVERAL)
        return RecordedReply(self.heard.status, self.heard.headers, tuple(self.heard.pieces))

    async def aclose(self) -> None:
        await self._upstream.aclose()


class HastyClock(SystemClock):
    """The machine's, but nobody waits before asking again: nobody is asked."""

    async def sleep(self, seconds: float) -> None:
        return None


class FirstChoice(SystemEntropy):
    """Chance as tests have it, so that the same target is taken again; ids are like any."""

    def __init__(self) -> None:
        super().__init__()
        self.random = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """`recorder` has what the upstream said, `seen` is what the client got, from `provider`."""

    recorder: Recorder
    seen: Observed
    provider: str | None


async def exchange(case: Case, snapshot: Snapshot, upstream: Upstream, vault: Vault) -> Exchange:
    """Send the request of a case. Raises `NotRecorded` when no answer of one call came of it."""
    recorder = Recorder(upstream)
    gateway = Gateway(recorder, HastyClock(), FirstChoice(), LocalCounters(), Silence(), vault=vault)
    answered, body = await answer_of(case, snapshot, gateway)
    await gateway.aclose()
    # What is asked of others behind a good answer (a mirror, say) is not what the client gets.
    if recorder.failed is not None and (recorder.heard is None or answered.status >= 400):
        raise NotRecorded(recorder.failed.message)
    if recorder.heard is None:
        told = body.decode("utf-8", "replace")
        raise NotRecorded(f"the request is refused before it is sent, with {answered.status}: {told}")
    _text(recorder.heard)
    try:
        seen = answer_facts(answered, body)
        if "answer" in seen.found:
            body.decode()
    except ValueError:
        raise NotRecorded(
            f"a test cannot hold the bytes that the client gets ({answered.content_type})"
        ) from None
    return Exchange(recorder, seen, answered.headers.get(PROVIDER_HEADER))


def written_answer(heard: HeardReply, secrets: tuple[str, ...]) -> dict[str, Any]:
    """What the upstream answered, in the words of a test. Raises `NotRecorded` for what is no text."""
    text, framing = _text(heard), framing_for(heard.headers.get("content-type", ""))
    headers = {name: each for name, each in heard.headers.items() if TELLING.fullmatch(name)}
    about: dict[str, Any] = {} if heard.status == 200 else {"status": heard.status}
    about |= {"headers": cleaned(headers, secrets)} if headers else {}
    if heard.status < 300 and framing is not None:
        return {**about, "stream": cleaned(text, spelled(secrets))}
    data = _json(text)
    if heard.status < 300 and data is not None:
        return {**about, "response": cleaned(data, secrets)}
    body = {"text": cleaned(text, spelled(secrets))} if data is None else {"json": cleaned(data, secrets)}
    return {"error": {**about, "status": heard.status, **body}}


def cleaned(value: Any, secrets: tuple[str, ...]) -> Any:
    """JSON data without these secrets, and without whatever has the form of a key."""
    if isinstance(value, dict):
        return {cleaned(name, secrets): cleaned(each, secrets) for name, each in value.items()}
    if isinstance(value, list):
        return [cleaned(each, secrets) for each in value]
    return redact_keys(scrub_text(value, secrets)) if isinstance(value, str) else value


def spelled(secrets: Iterable[str]) -> tuple[str, ...]:
    """Also as they may stand in JSON that is not read."""
    ways = {way for each in secrets for way in (each, _inside(each), _inside(each).replace("/", "\\/"))}
    return tuple(sorted(ways, key=len, reverse=True))


def parted(live: Exchange, answered: Answer, seen: Observed) -> str | None:
    """What of an answer is not as it was, beside ids, times, and names that the environment gives."""
    provider = answered.headers.get(PROVIDER_HEADER)
    if live.provider != provider:
        return f"the provider was {live.provider!r}, offline it is {provider!r}"
    if live.seen.found["status"] != seen.found["status"]:
        return f"the status was {live.seen.found['status']}, offline it is {seen.found['status']}"
    told = {name: each for name, each in seen.found.items() if name != "request"}
    different = (one for one in exactly(live.seen.found, told) if _kind(one.expected) != _kind(one.actual))
    first = next(different, None)
    return None if first is None else str(first)


def _text(heard: HeardReply) -> str:
    """Raises `NotRecorded` for bytes that are no text."""
    kind = heard.headers.get("content-type", "")
    framing = framing_for(kind)
    with suppress(UnicodeDecodeError):
        text = b"".join(heard.pieces).decode()
        if "\0" not in text and (framing is None or framing.write is None):
            return text
    raise NotRecorded(f"a test holds text, but the upstream answers in other bytes ({kind or 'of no type'})")


def _again(call: Call, first: Call | None) -> bool:
    """Whether it is the same request once more, as after an error that came with status 200."""
    return first is not None and (call.method, call.url, call.body) == (first.method, first.url, first.body)


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _inside(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _kind(value: object) -> object:
    """Texts are alike, and so are numbers."""
    if isinstance(value, bool) or value is None:
        return value
    return float if isinstance(value, int | float) else type(value)
