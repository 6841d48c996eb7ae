"""The outside world as the engine sees it. Implementations live in `adapters/` and `storage/`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from engine.errors import ErrorInfo
from engine.events import Call, Told, Tried


class Reply(Protocol):
    """An upstream's answer: status and lower-case headers are there, the body is still to come."""

    status: int
    headers: Mapping[str, str]

    def arrived(self) -> bytes | None:
        """What is left of the decoded body, if all of it is here: nothing to wait for then, nor to close."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The decoded body as it arrives. Raises `UpstreamFailed` when the connection breaks."""
        ...

    async def aclose(self) -> None:
        """Stop reading and free the connection; safe to call twice."""
        ...


class Upstream(Protocol):
    async def send(self, call: Call) -> Reply:
        """Send a call, wait for status and headers. Raises `UpstreamFailed` (connect, timeout, protocol)."""
        ...

    async def aclose(self) -> None: ...


Message = str | bytes
"""Of a WebSocket: text or bytes."""


class SocketClosed(Exception):
    """A WebSocket is closed, by whom ever; `code` is that of RFC 6455, 1006 if nobody said one."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason


class Socket(Protocol):
    """A WebSocket that is open. One `receive` and one `send` at a time."""

    subprotocol: str | None

    async def receive(self) -> Message:
        """The next whole message; whoever takes none makes the other side wait. Raises `SocketClosed`."""
        ...

    async def send(self, message: Message) -> None:
        """Waits while the other side is slow. Raises `SocketClosed`."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, if it is open still; waits a little for the other side's word."""
        ...


class Sockets(Protocol):
    async def connect(self, call: Call, subprotocols: Sequence[str], largest: int) -> Socket:
        """A WebSocket to an http(s) URL, its messages of `largest` bytes at most. Raises `UpstreamFailed`."""
        ...


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Entropy(Protocol):
    """Ids and chance, injected so that tests are exact."""

    def uid(self, prefix: str) -> str: ...

    def random(self) -> float:
        """Uniform in [0, 1)."""
        ...


# The `window` of a take that is given back at its end: so much at the same time.
AT_ONCE = 0.0


class Take(NamedTuple):
    """`amount` more of what `key` may have, `limit` at most in all.

    `window`: seconds, no matter where they begin, or `AT_ONCE`. With `since` it is a period that began then
    and is over `window` seconds later: it is had as long as *less* than the limit was, however much it is.
    """

    key: str
    limit: float
    window: float
    amount: float = 1.0
    since: float | None = None


new_take = partial(tuple.__new__, Take)
"""`Take(…)` of a tuple, see `engine.events.new_event`."""


class Taken(NamedTuple):
    """What came of some takes: all were had, or none. To be settled once, if they were.

    `used`: of each, what is used by now, its own amount included if it was had · `refused`: the first that
    was not to be had · `wait`: the seconds until it might be, None: nobody knows · `marks`: for `settle`.
    """

    takes: Sequence[Take]
    used: Sequence[float]
    refused: int | None = None
    wait: float | None = None
    marks: Sequence[int] = ()


new_taken = partial(tuple.__new__, Taken)
"""`Taken(…)` of a tuple, in the same way."""


class Counters(Protocol):
    """Small shared numbers: rotation, cooldowns, limits. Keys and groups are slash-separated names."""

    def next(self, key: str) -> int:
        """Add one and return the value before: 0, 1, 2, …"""
        ...

    def peek(self, key: str) -> int:
        """What `next` would return, without going on."""
        ...

    def mark(self, group: str, name: str, until: float) -> None:
        """Mark `name` in a group until that `Clock.now()`; a later mark wins over an earlier one."""
        ...

    def marks(self, group: str) -> Mapping[str, float]:
        """When the marks of a group end, by name; some may be over. To be read at once."""
        ...

    def clear(self, group: str, name: str) -> None:
        """Take a mark away."""
        ...

    def count(self, key: str, window: float, amount: float = 1.0) -> float:
        """Add `amount`, and return what the last `window` seconds come to; 0 only looks."""
        ...

    def busy(self, key: str) -> int:
        """How many have begun and not ended, over all workers that live."""
        ...

    def begin(self, key: str) -> None: ...

    def end(self, key: str) -> None: ...

    async def take(self, takes: Sequence[Take]) -> Taken:
        """All of them or none, exactly, whoever else takes at the same time."""
        ...

    async def used(self, takes: Sequence[Take]) -> Sequence[float]:
        """What is used of each now; nothing is taken."""
        ...

    def settle(self, taken: Taken, amounts: Sequence[float]) -> None:
        """What was really used of each, at its end; what is held `AT_ONCE` is given back. Never waits."""
        ...

    def tidy(self) -> None:
        """Give back what is held by workers that are dead. To be called now and then."""
        ...


class Ledger(Protocol):
    """Where usage goes."""

    def record(self, row: Sequence[object]) -> None:
        """Keep one row, whatever happens to this process. Takes microseconds, waits for nothing."""
        ...


class TokenCheck(NamedTuple):
    """What is asked of a signed token. `source` has its keys: `file:PATH` or a URL; None asks for nothing."""

    source: str
    issuer: str | None
    audience: tuple[str, ...] | None
    algorithms: tuple[str, ...]
    leeway: float


class KeysWanted(Exception):
    """A token is signed by a key that is not known here; it may be once `Tokens.refresh(source)` is done."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class Tokens(Protocol):
    """Signed tokens. Their keys are read and fetched beside the requests."""

    @property
    def version(self) -> int:
        """Another one when keys have changed: what was found valid before may be no more."""
        ...

    def issuer(self, token: str) -> str | None:
        """Whom a token claims to come from; nothing is checked."""
        ...

    def claims(self, token: str, check: TokenCheck) -> Mapping[str, Any]:
        """What a token says, once all that is asked of it holds; `exp` is a number.

        Raises `RequestRefused` when it does not, `EngineUnavailable` while no keys are to be had, and
        `KeysWanted` when it may be a matter of keys.
        """
        ...

    async def refresh(self, source: str) -> None:
        """Wait until the keys have been read anew, however that ends; not for long."""
        ...


class Secrets(Protocol):
    def env(self, name: str) -> str | None: ...

    def file(self, path: str) -> str | None:
        """Text of a file (relative to the site), without its trailing newline; None when unreadable."""
        ...


# What a log line says, by name; what is None is left out.
Fields = Mapping[str, object]


class Counter(Protocol):
    value: float
    """Whoever counts often may add to it in place."""

    def add(self, amount: float = 1.0) -> None: ...


class Gauge(Protocol):
    def set(self, value: float) -> None: ...


class Histogram(Protocol):
    def observe(self, value: float) -> None: ...


class Trace(Protocol):
    """The trace of one request: `asked`, then `attempt` after attempt, in the end `ended`."""

    @property
    def id(self) -> str:
        """32 hex digits, the caller's own when it has one."""
        ...

    def asked(self, model: str) -> None: ...

    def attempt(self, tried: Tried) -> None: ...

    def headers(self) -> Mapping[str, str]:
        """What the attempt's call carries."""
        ...

    def failed(self, stage: str, info: ErrorInfo) -> None:
        """Of the attempt; another may follow."""
        ...

    def ended(self, told: Told) -> None: ...


class Tracer(Protocol):
    def begin(self, headers: Mapping[str, str], operation: str) -> Trace:
        """A request with these headers comes in, for this operation; their trace goes on."""
        ...


class Telemetry(Protocol):
    """Metrics have their line in `adapters/catalogue.py`. A label has few values: names of the site, classes;
    no ids, and nothing that a client may choose. `tracer` is None where tracing is off.
    """

    @property
    def tracer(self) -> Tracer | None: ...

    def counter(self, name: str, labels: Mapping[str, str]) -> Counter:
        """The same for the same labels; worth keeping by whoever counts often."""
        ...

    def gauge(self, name: str, labels: Mapping[str, str]) -> Gauge: ...

    def histogram(self, name: str, labels: Mapping[str, str]) -> Histogram: ...

    def shows(self, level: str) -> bool:
        """Whether `log` writes lines of this level: if not, they need not be put together."""
        ...

    def bound(self, fields: Fields) -> Fields:
        """The same fields, for those who log them often: what can be done once for all lines is done here."""
        ...

    def log(self, level: str, event: str, *fields: Fields) -> None:
        """Write one line with all these fields, in their order."""
        ...


class Tools(Protocol):
    """What an action may want of the world while it serves one request."""

    @property
    def caller(self) -> Mapping[str, Any]:
        """Who asks: `name` and `groups`; empty for whoever is not known."""
        ...

    @property
    def request_id(self) -> str: ...

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def uid(self, prefix: str) -> str: ...

    def random(self) -> float:
        """Uniform in [0, 1)."""
        ...

    def count(self, metric: str, labels: Mapping[str, str]) -> None:
        """Add one to a counter of `adapters/catalogue.py`."""
        ...

    def models(self) -> Sequence[str]:
        """The names of models that the caller may ask for, sorted."""
        ...

    async def ask(
        self,
        body: Mapping[str, Any],
        *,
        credential: str | None = None,
        target: Any = None,
        shown: bool = True,
    ) -> Mapping[str, Any]:
        """Send a chat request, in the words of the hub, the way that every request of a client goes.

        The whole answer: `text finish usage model id tool_calls reasoning parts choices`, and `completion`.
        When the endpoint streams, its events go to the client as they come, unless not `shown`. `credential`:
        the caller's own key for the upstream · `target`: an `actions.target.OwnTarget`, instead of an alias.
        Raises `EngineError`; `AnswerBroken` once events have come.
        """
        ...

    async def perform(
        self, operation: str, body: Mapping[str, Any], *, credential: str | None = None
    ) -> Mapping[str, Any]:
        """The same for an operation beside the chat, one of `engine.operations`: its results, by their names,
        with `usage`, `model` and `id`. Raises `EngineError`."""
        ...

    async def emit(self, event: Mapping[str, Any]) -> None:
        """Send an event of the action's own (`kind` and fields) to a client that gets a stream."""
        ...

    async def do(self, verb: str, args: Mapping[str, Any]) -> Any:
        """A verb of the server, or of the clerk, who has the database. Raises `EngineError`."""
        ...

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Work that nobody waits for, in the background; what it raises is logged."""
        ...
