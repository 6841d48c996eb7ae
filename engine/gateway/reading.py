"""Reading an upstream within its timeouts and limits; each breach is an `UpstreamFailed` that names it."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Timeouts
from engine.ports import Reply

T = TypeVar("T")
Take = Callable[[bytes], bool]
"""Takes what has come; whether it wants more."""

# What may stand before an answer begins, a byte order mark among it.
BLANKS = b" \t\r\n\xef\xbb\xbf"

# An error page is read for its message, not for its size.
MAX_ERROR_BYTES = 2**20

# After its last event a stream is read to its end for so long, that its connection can be used again.
DRAIN_SECONDS = 0.25


class Alarm:
    """The one timer of all deadlines of an event loop.

    It stays armed from attempt to attempt, and when it fires it is set anew for who is due next: to set a
    timer for each attempt, and to call it off, would cost more than all else that its deadlines do.
    """

    __slots__ = ("_timer", "armed", "loop", "waiting")

    latest: ClassVar[Alarm | None] = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: set[Deadlines] = set()
        self.armed = math.inf
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Alarm:
        """A process serves on one loop; where there are more, each keeps those that it was given."""
        alarm = cls.latest
        if alarm is None or alarm.loop is not loop:
            alarm = cls.latest = cls(loop)
        return alarm

    def set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.armed = due
        self._timer = self.loop.call_at(due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self.armed = math.inf
        now = self.loop.time()
        for over in [deadlines for deadlines in self.waiting if not deadlines.last(now)]:
            self.waiting.discard(over)
        due = min((deadlines.due for deadlines in self.waiting), default=math.inf)
        if due < math.inf:
            self.set(due)


class Deadlines:
    """The clocks of one attempt; they run from its beginning and are the event loop's own.

    `first_byte` runs until `progressed` is called for the first time, `idle` from then on, anew with
    each call; `total` runs on. Reading without progress resets nothing. `due` is the first of them to end.
    """

    __slots__ = (
        "_alarm",
        "_expired",
        "_first_byte",
        "_idle",
        "_loop",
        "_others",
        "_task",
        "_timeouts",
        "_total",
        "_waiting_for",
        "_watched",
        "due",
    )

    def __init__(self, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm.of(self._loop)
        self._watched = False
        self._timeouts = timeouts
        self._idle = math.inf if timeouts.idle is None else timeouts.idle
        self._first_byte = math.inf if timeouts.first_byte is None else timeouts.first_byte
        self._total = math.inf if timeouts.total is None else self._loop.time() + timeouts.total
        self._task: asyncio.Task[Any] | None = None
        self._others = 0
        self._expired = False
        self.again()

    def progressed(self) -> None:
        """An event, or the beginning of a whole answer, has come and was passed on."""
        self._waiting_for = "idle"
        due = self._loop.time() + self._idle
        self.due = due if due < self._total else self._total
        if self._task is not None and self.due < self._alarm.armed:
            self._alarm.set(self.due)

    def again(self) -> None:
        """A further call of the same attempt begins: `first_byte` anew, `total` runs on."""
        self._waiting_for = "first_byte"
        due = self._loop.time() + self._first_byte
        self.due = due if due < self._total else self._total
        if self._task is not None and self.due < self._alarm.armed:
            self._alarm.set(self.due)

    def rest(self) -> None:
        """Nothing is asked of the upstream now: only `total` runs on."""
        self.due = self._total

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """The result, if it comes in time. Raises `UpstreamFailed` of class timeout. One wait at a time."""
        with self:
            return await awaitable

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, _: object, failure: BaseException | None, __: object) -> None:
        try:
            if isinstance(failure, asyncio.CancelledError):
                self.expire(failure)
        finally:
            self._task = None

    # What `with` does, for who waits often. No frame holds the task: cancelled, it holds the frame, and the
    # two would wait for the garbage collector.

    def begin(self) -> None:
        """The current task begins to wait: it is cancelled if that takes too long."""
        self._task = asyncio.current_task(self._loop)
        assert self._task is not None
        self._others = self._task.cancelling()
        if not self._watched:
            self._watched = True
            self._alarm.waiting.add(self)
        if self.due < self._alarm.armed:
            self._alarm.set(self.due)

    def expire(self, cancelled: asyncio.CancelledError) -> None:
        """The waiting task was cancelled. Raises `UpstreamFailed` if nobody but a deadline did it."""
        expired, self._expired = self._expired, False
        if expired and self._task is not None and self._task.uncancel() <= self._others:
            raise UpstreamFailed(self._breach()) from cancelled

    def end(self) -> None:
        """It has what it waited for, or gave up."""
        self._task = None

    def close(self) -> None:
        """Nothing will be waited for any more."""
        self._watched = False
        self._alarm.waiting.discard(self)

    def last(self, now: float) -> bool:
        """Whether the alarm is needed still; the task that waits for too long is cancelled."""
        if self._task is not None and now < self.due:
            return True
        self._watched = False
        if self._task is not None:
            self._expired = True
            self._task.cancel()
        return False

    def _breach(self) -> ErrorInfo:
        limits, name = self._timeouts, self._waiting_for
        if self.due == self._total:
            name, message = "total", f"the upstream took longer than {limits.total:g} s in all"
        elif name == "idle":
            message = f"the upstream sent nothing new for {limits.idle:g} s"
        else:
            message = f"the upstream did not begin to answer within {limits.first_byte:g} s"
        return ErrorInfo(ErrorClass.TIMEOUT, f"{message} (timeout.{name})", f"{name}_timeout")


class Body:
    """A reply's body within deadlines and a limit, and the one place where a reply is closed."""

    __slots__ = (
        "_limit",
        "_next",
        "_opening",
        "_over",
        "_pour",
        "_reading",
        "_reply",
        "_size",
        "_source",
        "deadlines",
    )

    def __init__(self, reply: Reply, deadlines: Deadlines, limit: int) -> None:
        self._reply = reply
        self._source = reply.chunks()
        self._next = self._source.__anext__
        self._pour: Callable[[Take], Awaitable[None]] | None = getattr(self._source, "pour", None)
        self._limit = limit
        self._size = 0
        self._opening = b""
        self._reading = False
        self._over = False
        self.deadlines = deadlines

    async def opening(self) -> bytes:
        """The first bytes that are more than blanks; `next` gives them again. Raises as `next` does."""
        read = b""
        while not read.strip(BLANKS) and (chunk := await self.next()) is not None:
            read += chunk
        self._opening = read
        return read.lstrip(BLANKS)

    async def next(self) -> bytes | None:
        """The next bytes, None at the end. Raises `UpstreamFailed`: late, broken, or more than the limit."""
        if self._opening:
            opening, self._opening = self._opening, b""
            return opening
        if self._over:
            return None
        deadlines = self.deadlines
        self._reading = True
        deadlines.begin()
        try:
            chunk = await self._next()
        except StopAsyncIteration:
            self._over = True
            return None
        except asyncio.CancelledError as exc:
            deadlines.expire(exc)
            raise
        finally:
            deadlines.end()
            self._reading = False
        self._size += len(chunk)
        if self._size > self._limit:
            raise UpstreamFailed(_too_large(self._limit))
        return chunk

    def arrived(self) -> bytes | None:
        """The body to its end, if it is here already; as `whole`, which is asked otherwise."""
        if self._opening or self._over:
            return None
        arrived = self._reply.arrived()
        if arrived is not None:
            self._over = True
            self.deadlines.close()
            if self._size + len(arrived) > self._limit:
                raise UpstreamFailed(_too_large(self._limit))
        return arrived

    async def pour(self, take: Take) -> None:
        """Give `take` what comes when it comes: no task is woken up for it. Raises as `next` and `take` do.

        Done when `take` wants no more, and where there is only waiting, or the end: `next` is for those.
        """
        if self._pour is None or self._opening or self._over:
            return
        failed: Exception | None = None

        def given(chunk: bytes) -> bool:
            nonlocal failed
            self._size += len(chunk)
            try:
                if self._size > self._limit:
                    raise UpstreamFailed(_too_large(self._limit))
                return take(chunk)
            except Exception as exc:  # noqa: BLE001  a transport called: this is for the task that waits
                failed = exc
                return False

        self._reading = True
        try:
            with self.deadlines:
                await self._pour(given)
        finally:
            self._reading = False
        if failed is not None:
            try:
                raise failed
            finally:
                failed = None  # which would hold this frame, which holds it

    async def whole(self) -> bytes:
        """The body to its end, after which nothing is left to close. Raises `UpstreamFailed` as `next` does.

        Whitespace before a JSON answer is a sign of life, not its beginning.
        """
        arrived = self.arrived()
        if arrived is not None:
            return arrived
        parts: list[bytes] = []
        begun = False
        while (chunk := await self.next()) is not None:
            parts.append(chunk)
            if not begun and not chunk.isspace():
                begun = True
                self.deadlines.progressed()
        await self.aclose()
        return b"".join(parts)

    async def readable(self) -> bytes:
        """What can be had of an error's body: one that breaks off, is late or huge is still an error's."""
        parts: list[bytes] = []
        self._limit = min(self._limit, MAX_ERROR_BYTES)
        with contextlib.suppress(UpstreamFailed):
            while (chunk := await self.next()) is not None:
                parts.append(chunk)
        return b"".join(parts)

    async def drain(self) -> None:
        """Read what little may follow the last event, but do not wait for it."""
        with contextlib.suppress(TimeoutError, UpstreamFailed):
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self.next() is not None:
                    pass

    async def aclose(self) -> None:
        """Stop the upstream at once; safe to call twice, and while another task reads."""
        self.deadlines.close()
        if not (self._over or self._reading):
            closing = getattr(self._source, "aclose", None)
            if closing is not None:
                await closing()
        self._over = True
        await self._reply.aclose()


def _too_large(limit: int) -> ErrorInfo:
    message = f"the upstream's answer is larger than {limit} bytes (limits.response)"
    return ErrorInfo(ErrorClass.UPSTREAM, message, "too_large")
