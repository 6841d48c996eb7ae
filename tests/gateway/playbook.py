"""Dialogues with the gateway: a compiled site, an upstream that follows a script, time that only waiting moves.

    game = Game(SITE)
    answer = game.ask("smart", script=[Status(429), Json({"text": "hi"})])
    assert game.sent == ["a k1 m1", "b k3 m2"]

A script has one entry for each call to an upstream, in order. `sent` shows the calls: host, key, model.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import selectors
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson

from engine.config.site import SiteFiles
from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Inbound
from engine.gateway.answer import Answer
from engine.gateway.gateway import Gateway
from engine.gateway.record import COLUMNS
from engine.ports import Fields
from engine.snapshot.compile import compile_site
from engine.snapshot.model import Client, Snapshot

T = TypeVar("T")
EPOCH = 1_700_000_000.0

# A dialect with no likeness to the hub, so that everything in these dialogues is mapped.
DIALECT = """
version: 1
dialects:
  plain:
    tables:
      classes: {busy: overloaded, long: context_length, filtered: content_filter, poor: quota}
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request:
          path: /gen
          body: {model: =model, say: "=body.messages[-1].content", stream: =chat.stream, temperature: =chat.temperature}
        stream:
          frames: sse
          events:
            - start: {id: =data.id}
              text: =data.text
              usage: {$spread: =data.usage}
              finish: =data.finish
              error: {$when: =data.error, message: =data.error, class: =data.class}
        response:
          events:
            - text: =data.text
              usage: {$spread: =data.usage}
              finish: =data.finish
    error:
      when: =data.failed
      map: {class: "=get(tables.classes, data.code)", message: =data.message, code: =data.code}
"""


def site(text: str) -> bytes:
    """A route file: the dialect above, and `text`."""
    return DIALECT.encode() + text.encode()


# --- what an upstream may do ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """So many seconds pass."""

    seconds: float


@dataclass(frozen=True)
class Break:
    """The connection is lost."""

    message: str = "connection lost"


Piece = bytes | Wait | Break


@dataclass(frozen=True)
class Reply:
    """`before` seconds pass, then status and headers come, then the pieces of the body."""

    status: int
    pieces: Sequence[Piece] = ()
    content_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    before: float = 0.0


@dataclass(frozen=True)
class Refuses:
    """The call fails before any status comes."""

    error_class: ErrorClass = ErrorClass.UPSTREAM
    message: str = "connection refused"


Line = Reply | Refuses


def Json(data: Any, status: int = 200, **changes: Any) -> Reply:
    return Reply(status, [orjson.dumps(data)], **changes)


def Status(status: int, data: Any = None, **headers: str) -> Reply:
    """An error answer; `retry_after="3"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status, [orjson.dumps(data if data is not None else {"message": f"no {status}"})], headers=named
    )


def Stream(*pieces: Any, **changes: Any) -> Reply:
    """Server-sent events: objects become `data:` frames, bytes and waits stay."""
    raw = [piece if isinstance(piece, bytes | Wait | Break) else frame(piece) for piece in pieces]
    return Reply(200, raw, content_type="text/event-stream", **changes)


def frame(data: Any) -> bytes:
    text = data if isinstance(data, str) else orjson.dumps(data).decode()
    return f"data: {text}\n\n".encode()


# --- the world -------------------------------------------------------------------------------------------


@dataclass
class Time:
    elapsed: float = 0.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while anything can run, then jumps to what is due next."""

    def __init__(self, timeline: Time) -> None:
        super().__init__(selectors.SelectSelector())
        self._timeline = timeline

    def time(self) -> float:
        return self._timeline.elapsed

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            due = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            if not due:
                raise RuntimeError("everything waits for ever")
            self._timeline.elapsed = max(self._timeline.elapsed, min(due))
        super()._run_once()  # type: ignore[misc]


Series = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Counted:
    """Implements `ports.Counter`."""

    counts: dict[Series, float]
    series: Series

    @property
    def value(self) -> float:
        return self.counts.get(self.series, 0.0)

    @value.setter
    def value(self, value: float) -> None:
        self.counts[self.series] = value

    def add(self, amount: float = 1.0) -> None:
        self.value += amount

    observe = set = add


@dataclass
class World:
    """Clock, entropy, counters and telemetry in one; chance always says `chance`."""

    timeline: Time
    chance: float = 0.0
    tracer: Any = None
    numbers: dict[str, int] = field(default_factory=dict)
    marked: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    in_flight: dict[str, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    counts: dict[Series, float] = field(default_factory=dict)
    lines: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    ids: int = 0
    level: str = "info"

    def now(self) -> float:
        return EPOCH + self.timeline.elapsed

    def monotonic(self) -> float:
        return self.timeline.elapsed

    async def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        await asyncio.sleep(seconds)

    def uid(self, prefix: str) -> str:
        self.ids += 1
        return f"{prefix}-{self.ids}"

    def random(self) -> float:
        return self.chance

    def next(self, key: str) -> int:
        self.numbers[key] = self.numbers.get(key, -1) + 1
        return self.numbers[key]

    def peek(self, key: str) -> int:
        return self.numbers.get(key, -1) + 1

    def mark(self, group: str, name: str, until: float) -> None:
        marks = self.marked.setdefault(group, {})
        marks[name] = max(until, marks.get(name, 0.0))

    def marks(self, group: str) -> Mapping[str, float]:
        return self.marked.get(group, {})

    def clear(self, group: str, name: str) -> None:
        self.marked.get(group, {}).pop(name, None)

    def count(self, key: str, window: float, amount: float = 1.0) -> float:
        kept = [each for each in self.failures.get(key, []) if each[0] > self.timeline.elapsed - window]
        self.failures[key] = [*kept, (self.timeline.elapsed, amount)]
        return sum(much for _, much in self.failures[key])

    def begin(self, key: str) -> None:
        self.in_flight[key] = self.in_flight.get(key, 0) + 1

    def end(self, key: str) -> None:
        self.in_flight[key] -= 1

    def busy(self, key: str) -> int:
        return self.in_flight.get(key, 0)

    def counter(self, name: str, labels: Mapping[str, str]) -> Counted:
        return Counted(self.counts, (name, tuple(sorted(labels.items()))))

    gauge = histogram = counter

    def shows(self, level: str) -> bool:
        return level == self.level or level != "info"

    def bound(self, fields: Fields) -> Fields:
        return fields

    def log(self, level: str, event: str, *fields: Fields) -> None:
        given = {name: value for part in fields for name, value in part.items()}
        self.lines.append((level, event, {name: value for name, value in given.items() if value is not None}))

    def counted(self, name: str, **labels: str) -> float:
        """The sum of a count over all label sets that hold `labels`."""
        wanted = set(labels.items())
        return sum(
            amount for (known, has), amount in self.counts.items() if known == name and wanted <= set(has)
        )


class ScriptedReply:
    def __init__(self, line: Reply) -> None:
        self.status = line.status
        kind = {"content-type": line.content_type} if line.content_type else {}
        self.headers: Mapping[str, str] = {**kind, **line.headers}
        self._pieces = line.pieces
        self.given = 0
        self.closed = False

    def arrived(self) -> bytes | None:
        return None

    def chunks(self) -> AsyncIterator[bytes]:
        return Pourable(self._told())

    async def _told(self) -> AsyncGenerator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Wait):
                await asyncio.sleep(piece.seconds)
            elif isinstance(piece, Break):
                raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, piece.message, "connection_lost"))
            else:
                self.given += 1
                yield piece

    async def aclose(self) -> None:
        self.closed = True


class Pourable:
    """Pieces that can be poured, too, as those of a connection: a failure is for who iterates."""

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        self._pieces = pieces
        self._failure: UpstreamFailed | None = None

    def __aiter__(self) -> Pourable:
        return self

    async def __anext__(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        return await anext(self._pieces)

    async def pour(self, take: Callable[[bytes], bool]) -> None:
        with contextlib.suppress(StopAsyncIteration):
            try:
                while take(await anext(self._pieces)):
                    pass
            except UpstreamFailed as failure:
                self._failure = failure

    async def aclose(self) -> None:
        await self._pieces.aclose()


class ScriptedUpstream:
    def __init__(self) -> None:
        self.script: list[Line] = []
        self.calls: list[Call] = []
        self.replies: list[ScriptedReply] = []

    async def send(self, call: Call) -> ScriptedReply:
        self.calls.append(call)
        assert self.script, f"an unexpected call to {call.url}"
        line = self.script.pop(0)
        if isinstance(line, Refuses):
            raise UpstreamFailed(ErrorInfo(line.error_class, line.message, "connect_failed"))
        if line.before:
            await asyncio.sleep(line.before)
        self.replies.append(ScriptedReply(line))
        return self.replies[-1]

    async def aclose(self) -> None:
        return None


# --- the game --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """What the client got. `broken`: the bytes ended without the protocol's end."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    raw: bytes

    @property
    def data(self) -> Any:
        return orjson.loads(self.raw)

    @property
    def chunks(self) -> list[Any]:
        """The payloads of a stream, `[DONE]` as text."""
        payloads = [part.removeprefix("data: ") for part in self.raw.decode().split("\n\n") if part]
        return [payload if payload == "[DONE]" else orjson.loads(payload) for payload in payloads]

    @property
    def text(self) -> str:
        if self.content_type.startswith("text/event-stream"):
            deltas = [
                c["delta"].get("content") or ""
                for chunk in self.chunks[:-1]
                for c in chunk.get("choices", ())
            ]
            return "".join(deltas)
        return str(self.data["choices"][0]["message"]["content"])

    @property
    def error(self) -> Any:
        """The error of a JSON answer, or of the last event of a stream."""
        last = self.chunks[-1] if self.content_type.startswith("text/event-stream") else self.data
        return last["error"]


class Game:
    """A site that is played with; `secrets` are its environment."""

    def __init__(self, text: str, *, chance: float = 0.0, secrets: Mapping[str, str] | None = None) -> None:
        self.timeline = Time()
        self.world = World(self.timeline, chance)
        self.upstream = ScriptedUpstream()
        world: Any = self.world
        self.usage: list[dict[str, Any]] = []
        self.gateway = Gateway(self.upstream, world, world, world, world, self)
        self.snapshot = compiled(text, secrets or {})
        self.heard: Heard

    def record(self, row: Sequence[object]) -> None:
        """The game is its own ledger."""
        self.usage.append(dict(zip(COLUMNS, row, strict=True)))

    def run(self, play: Coroutine[Any, Any, T]) -> T:
        """Play in a loop of its own; time goes on from one to the next."""
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self.timeline)) as runner:
            return runner.run(play)

    @property
    def elapsed(self) -> float:
        return self.timeline.elapsed

    def ask(
        self,
        model: str,
        *,
        script: Sequence[Line],
        client: Client | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Heard:
        """One request, played to its end; the whole script must be used up."""
        self.upstream.script = list(script)
        self.heard = self.run(self.hear(inbound(model, headers, **body), client))
        assert not self.upstream.script, "calls that were not made"
        return self.heard

    async def open(self, model: str, script: Sequence[Line], **body: Any) -> Answer:
        self.upstream.script = list(script)
        return await self.gateway.chat(self.snapshot, "openai-chat", inbound(model, None, **body), None)

    async def hear(self, request: Inbound, client: Client | None = None) -> Heard:
        answer = await self.gateway.chat(self.snapshot, "openai-chat", request, client)
        return await heard(answer)

    @property
    def sent(self) -> list[str]:
        """Each call as `host key model`."""
        return [shown(call) for call in self.upstream.calls]

    @property
    def all_closed(self) -> bool:
        return all(reply.closed for reply in self.upstream.replies)


async def heard(answer: Answer) -> Heard:
    raw = answer.body if isinstance(answer.body, bytes) else await read(answer.body)
    await answer.aclose()
    return Heard(answer.status, answer.headers, answer.content_type, raw)


# Whether streams are poured where they can be, as the server does; `both_ways` of a test module sets it.
poured = False


async def read(body: AsyncIterator[bytes]) -> bytes:
    """Poured, it goes to a client that is slow after each third piece."""
    pieces: list[bytes] = []
    pour = getattr(body, "pour", None)

    def write(piece: bytes) -> bool:
        assert piece
        pieces.append(piece)
        return len(pieces) % 3 == 0

    async for piece in body:
        pieces.append(piece)
        if poured and pour is not None:
            await pour(write)
    return b"".join(pieces)


def inbound(model: Any, headers: Mapping[str, str] | None = None, **body: Any) -> Inbound:
    whole = {"model": model, "messages": [{"role": "user", "content": "hi"}], **body}
    raw = orjson.dumps({name: value for name, value in whole.items() if value is not ...})
    return Inbound("POST", "/v1/chat/completions", {}, headers or {}, raw, "req-1")


def shown(call: Call) -> str:
    body = orjson.loads(call.body) if call.body else {}
    host = (urlsplit(call.url).hostname or "").removesuffix(".test")
    key = call.headers.get("authorization", "-").removeprefix("Bearer ")
    return f"{host} {key} {body.get('model')}"


class Environment:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def env(self, name: str) -> str | None:
        return self._values.get(name)

    def file(self, path: str) -> str | None:
        return None


def compiled(text: str, secrets: Mapping[str, str] | None = None) -> Snapshot:
    made = compile_site(SiteFiles({"routes.d/site.yaml": site(text)}), Environment(secrets or {}))
    assert made.snapshot is not None, [f"{found.at} {found.message}" for found in made.diagnostics]
    return made.snapshot


def client(name: str, key: str = "", models: tuple[str, ...] | None = None) -> Client:
    return Client(name, (hashlib.sha256(key.encode()).hexdigest(),), models)


def play(site: str, model: str, *script: Line, **body: Any) -> Game:
    """A game with one request."""
    game = Game(site)
    game.ask(model, script=script, **body)
    return game
