"""The clerk: the one process that has the database. Writes usage, does verbs for workers, publishes tables.

Started by the leading worker (`clerk_keeper.py`); ends when its standard input does. A database that is away
holds up nothing but itself: it is tried again, less and less often, and each change is one line in the log.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from engine.adapters.clock import SystemClock
from engine.adapters.collector import set_aside
from engine.adapters.metrics import to_data
from engine.adapters.telemetry import SystemTelemetry
from engine.server.board import Board
from engine.server.clerk.client import AWAY, LONGEST, SOCKET
from engine.server.clerk.collecting import Collector
from engine.server.clerk.kept_tables import keep
from engine.server.clerk.order import ClerkOrder
from engine.server.data_dir import SPOOL
from engine.storage.database import Database, Refused, Unavailable, open_database
from engine.storage.revisions import Lookout
from engine.storage.usage import retain
from engine.storage.verbs import PUBLISHED, VERBS

LOOK_EVERY, COLLECT_EVERY, RETAIN_EVERY = 0.3, 1.0, 3600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
WORK_WITHIN, RETAIN_WITHIN, LAST_WITHIN = 30.0, 3600.0, 5.0
NUMBERS_EVERY = 2.0

# How far the clerk stands back behind the workers (nice).
POLITE = 10
AUTOGROUP = Path("/proc/self/autogroup")


class Clerk:
    """`live` until told to stop."""

    def __init__(self, order: ClerkOrder, telemetry: SystemTelemetry) -> None:
        self._order = order
        self._telemetry = telemetry
        self._board = Board(Path(order.run_dir))
        self._clock = SystemClock()
        self._collector = Collector(Path(order.data) / SPOOL, telemetry, self._clock.now)
        self._published: dict[str, int] = {}
        self._lookout: Lookout | None = None
        self._opening, self._publishing = asyncio.Lock(), asyncio.Lock()
        self._database: Database | None = None
        self._away: set[str] = set()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def live(self) -> None:
        path = Path(self._order.run_dir) / SOCKET
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, path, limit=LONGEST)
        works = (
            self._keep_published(),
            self._keep_collecting(),
            self._keep_retention(),
            self._write_numbers(),
        )
        tasks = [asyncio.create_task(work) for work in works]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            # Work that ends by itself has met what nobody foresaw: then all ends, and a new clerk is started.
            await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.close()
            self._stopping.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)  # each to its end
            try:
                await self._collect_the_rest()
            finally:
                stopping.cancel()
                if self._lookout is not None:
                    self._lookout.close()
                if self._database is not None:
                    await self._database.aclose()
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    # The database

    async def database(self) -> Database:
        """Opened and migrated. Raises `Unavailable`."""
        async with self._opening:
            if self._database is None:
                database = open_database(self._order.storage)
                try:
                    await database.migrate()
                    self._database = database
                finally:
                    if self._database is None:
                        await database.aclose()
            return self._database

    async def _for_ever(
        self, work: Callable[[], Coroutine[Any, Any, None]], every: float, within: float = WORK_WITHIN
    ) -> None:
        """`work` again and again; after a failure, with pauses that grow."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(within):
                    await work()
            except (Unavailable, TimeoutError) as exc:
                self._tell(work.__name__, str(exc) or "no answer in time")
                await self._rest(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                self._tell(work.__name__, None)
                pause = FIRST_PAUSE
                await self._rest(every)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _tell(self, work: str, away: str | None) -> None:
        """One line when the database goes away, whatever work finds it, one when all work goes on."""
        before = bool(self._away)
        self._away = self._away - {work} if away is None else self._away | {work}
        if not before and away is not None:
            self._telemetry.log("error", "database is away", {"error": away})
        elif before and not self._away:
            self._telemetry.log("info", "database is back", {})

    # Usage

    async def _keep_collecting(self) -> None:
        await self._for_ever(self._collect, COLLECT_EVERY)

    async def _collect(self) -> None:
        while await self._collector.collect(await self.database()) and not self._stopping.is_set():
            pass

    async def _keep_retention(self) -> None:
        await self._for_ever(self._retain, RETAIN_EVERY, within=RETAIN_WITHIN)

    async def _retain(self) -> None:
        days = await retain(await self.database(), self._clock.now() - self._order.keep)
        if days:
            self._telemetry.log("info", "usage is kept as sums of its days", {"days": days})

    async def _collect_the_rest(self) -> None:
        """What the last requests left; whoever comes next takes what cannot be taken now."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(LAST_WITHIN):
                while await self._collector.collect(await self.database()):
                    pass
        self._collector.close()

    # Tables

    async def _keep_published(self) -> None:
        await self._for_ever(self.publish, LOOK_EVERY)

    async def publish(self) -> None:
        """Give workers what has changed in the tables that they use."""
        database = await self.database()
        async with self._publishing:
            if self._lookout is None:
                self._lookout = Lookout(database)
            known = await self._lookout.look()
            for name, rows_of in PUBLISHED.items():
                revision = known.get(name, 0)
                if self._published.get(name) != revision:
                    rows = await rows_of(database)
                    self._board.publish_table(name, rows)
                    keep(Path(self._order.data), self._order.storage, name, rows)
                    self._published[name] = revision

    # Verbs

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(orjson.dumps(await self._answer(line), default=str) + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # it left, or it is none of ours
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        asked = orjson.loads(line)
        verb = VERBS.get(asked["verb"])
        if verb is None:
            return _error(f"there is no verb {asked['verb']!r}", "unknown_verb")
        try:
            async with asyncio.timeout(WORK_WITHIN):
                result = await verb(await self.database(), asked["args"])
                with suppress(Unavailable):  # the change is made; it is published a little later
                    await self.publish()
        except Refused as refused:
            return _error(str(refused), refused.code, refused.status)
        except (KeyError, TypeError, ValueError) as exc:
            return _error(f"{asked['verb']}: bad arguments: {exc!r}", "bad_arguments")
        except (Unavailable, TimeoutError) as exc:
            return _error(f"the database is away: {exc}", AWAY, 503)
        return {"ok": result}

    # Numbers

    async def _write_numbers(self) -> None:
        written: Any = None
        while not self._stopping.is_set():
            numbers = to_data(self._telemetry.metrics.families)
            if numbers != written:
                self._board.write_numbers(numbers)
                written = numbers
            await self._rest(NUMBERS_EVERY)


def _error(message: str, code: str, status: int = 400) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "status": status}}


async def run(order: ClerkOrder) -> None:
    """Until standard input ends."""
    clerk = Clerk(order, SystemTelemetry(order.log_level, order.log_format))
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def watch() -> None:
        while await reader.read(4096):
            pass
        clerk.stop()

    watching = asyncio.create_task(watch())
    try:
        await clerk.live()
    finally:
        watching.cancel()


def stand_back() -> None:
    """Requests come first where both want the same core; records wait in the spool without harm.

    Linux may share a core among sessions before it shares it among processes (sched(7), autogroup): then what
    counts is how nice the session is, and the clerk has one of its own.
    """
    os.nice(POLITE)
    with suppress(OSError):
        AUTOGROUP.write_text(str(POLITE))


def main() -> None:
    # Whoever started it says when it ends: a terminal's Ctrl-C reaches every process.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    stand_back()
    set_aside()
    asyncio.run(run(ClerkOrder.of_line(sys.stdin.buffer.readline())))


if __name__ == "__main__":
    main()
