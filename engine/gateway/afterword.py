"""What a last call tells of a stream that has ended (`stream.after`), before its end goes to the client.

The client has all of the text by then. So the call has little time, and when it fails the stream has
ended all the same, without what it would have told.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import EngineError, ErrorInfo
from engine.events import Call, Event, Timeouts
from engine.gateway.batches import StreamBatches
from engine.gateway.errand import Reached, fault_of, reach
from engine.gateway.outside import Outside
from engine.gateway.reading import Body, Deadlines, Take
from engine.mapping.after import AfterProgram
from engine.mapping.scope import Scope
from engine.snapshot.model import Provider

# Of each call; how many there are and how far apart is the dialect's.
TIMEOUTS = Timeouts(2.0, 5.0, 5.0, 5.0)


class LastCall:
    """The call of one stream, ready to be made, and what its answer says."""

    def __init__(
        self, outside: Outside, provider: Provider, call: Call, program: AfterProgram, attempt: Scope
    ) -> None:
        self._outside = outside
        self._provider = provider
        self._call = call._replace(timeouts=TIMEOUTS)
        self._program = program
        self._scope = program.scope(attempt)

    async def events(self) -> Sequence[Event]:
        """None when it fails, or is not done in time."""
        try:
            found = await self._answer()
            if found is None:
                return ()
            return self._program.events(found.data, found.status, found.headers, self._scope)
        except EngineError:
            return ()

    async def _answer(self) -> Reached | None:
        step = self._program.step
        for call in range(step.max or 1):
            if call:
                await self._outside.clock.sleep(step.every)
            found = await reach(self._outside, self._provider, self._call)
            scope = self._scope.fork(**found.seen)
            if fault_of(self._provider, found, scope) is not None:
                return None
            if step.done(found.data, found.status, found.headers, self._scope):
                return found
        return None


class Afterword:
    """A stream's body and its batches in one: their end is held back until the last call has been made."""

    complete = False

    def __init__(self, body: Body, batches: StreamBatches, last: LastCall) -> None:
        self._body = body
        self._batches = batches
        self._last: LastCall | None = last
        self._held: Sequence[Event] | None = None
        self._told: Sequence[Event] | None = None

    @property
    def failure(self) -> ErrorInfo | None:
        return self._batches.failure

    @property
    def deadlines(self) -> Deadlines:
        return self._body.deadlines

    async def next(self) -> bytes | None:
        """As `Body.next`; a piece without bytes stands for what the last call has told."""
        if self._held is None:
            chunk = await self._body.next()
            if chunk is not None:
                return chunk
            self._held = self._batches.read(None)
        last, self._last = self._last, None
        if last is None:
            return None
        self._told = await last.events()
        return b""

    async def pour(self, take: Take) -> None:
        """Nothing: whatever comes may be the end."""

    def read(self, chunk: bytes | None) -> Sequence[Event]:
        """As `Batches.read`."""
        if self._told is not None:
            told, self._told = self._told, None
            return [*told, *(self._held or ())]
        if chunk is None:
            return ()
        batch = self._batches.read(chunk)
        end = next((at for at, event in enumerate(batch) if event[0] == "done"), None)
        if end is None:
            return batch
        self._held = batch[end:]
        return batch[:end]

    async def drain(self) -> None:
        await self._body.drain()

    async def aclose(self) -> None:
        await self._body.aclose()
