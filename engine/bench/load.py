"""The load generator of the suite: `python -m engine.bench.load`, plan on standard input, result on output.

Requests are bytes made beforehand, on connections that are kept alive, one in flight on each.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from contextlib import suppress

import uvloop

from engine.bench.connection import Connection, Exchange
from engine.bench.plan import Plan, Result, Spread, dump, load_plan
from engine.bench.verify import fault_of, tells_end

# So many connections are opened at once: more would overflow the listen queues of some servers.
OPENING = 64
EXAMPLES = 3
# After a failed exchange, so that a server that refuses everything is not run over.
BREATH = 0.01


class Load:
    """One run of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._message = plan.message
        self._stopped = False
        self._sent = 0
        self._due: asyncio.Queue[float] = asyncio.Queue()
        self._requests = self._errors = 0
        self._examples: list[str] = []
        self._began = 0.0
        self._kept: list[Exchange] = []

    async def run(self) -> Result:
        plan = self._plan
        connections = await self._open_all()
        self._began = time.perf_counter()
        clients = [asyncio.create_task(self._client(each)) for each in connections]
        if plan.rate:
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._pace, args=[loop], daemon=True).start()
        await asyncio.wait(clients, timeout=plan.seconds)
        self._stopped = True
        for _ in clients if plan.rate else ():
            self._due.put_nowait(0.0)  # wakes who waits for the next request
        await self._let_end(clients)
        return self._result(time.perf_counter() - self._began)

    async def _let_end(self, clients: list[asyncio.Task[None]]) -> None:
        _, late = await asyncio.wait(clients, timeout=self._plan.grace)
        for task in late:
            self._fault(f"no answer {self._plan.grace:g} seconds after the end")
            task.cancel()
        for end in await asyncio.gather(*clients, return_exceptions=True):
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError | OSError):
                raise end  # a mistake of this program, not of the server
        await asyncio.sleep(0)  # connections that were cut are closed behind this

    async def _open_all(self) -> list[Connection]:
        opened: list[Connection] = []
        while (count := min(OPENING, self._plan.clients - len(opened))) > 0:
            opening = (Connection.to(self._plan.port, self._plan.stall) for _ in range(count))
            opened += await asyncio.gather(*opening)
        return opened

    # One client

    async def _client(self, connection: Connection) -> None:
        first = True
        try:
            while not self._exhausted():
                self._sent += 1
                due = await self._due.get() if self._plan.rate else 0.0
                if self._stopped:
                    break
                exchange = await connection.exchange(self._message, due)
                good = self._judge(exchange, thorough=first)
                first = False
                if not connection.open or not good:
                    connection.close()
                    connection = await self._again()
        finally:
            connection.close()

    def _exhausted(self) -> bool:
        return self._stopped or bool(self._plan.requests and self._sent >= self._plan.requests)

    async def _again(self) -> Connection:
        """In the place of a connection that ended; a server that is gone is asked until the time is over."""
        while True:
            await asyncio.sleep(BREATH)
            try:
                return await Connection.to(self._plan.port, self._plan.stall)
            except (OSError, TimeoutError) as exc:
                self._fault(f"cannot connect: {exc}")
                if self._stopped:
                    raise

    def _pace(self, loop: asyncio.AbstractEventLoop) -> None:
        """Requests are due at even distances, whatever became of those before.

        A thread of its own: event loops wake in steps of a millisecond, and would send bursts.
        """
        distance = 1 / self._plan.rate
        due = time.perf_counter()
        while not self._stopped:
            time.sleep(max(due - time.perf_counter(), 0))
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._due.put_nowait, due)
            due += distance

    # What came

    def _judge(self, exchange: Exchange, *, thorough: bool) -> bool:
        plan, body = self._plan, b"".join(exchange.pieces)
        exchange.pieces = []
        if plan.breaks:
            fault = tells_end(exchange.status, body, whole=exchange.whole)
        elif not exchange.whole:
            fault = f"the connection ended in mid-answer, after {len(body)} bytes"
        else:
            fault = fault_of(exchange.status, body, plan.events, stream=plan.stream, thorough=thorough)
        if fault:
            self._fault(fault)
            return False
        self._requests += 1
        if exchange.began - self._began >= plan.warmup:
            self._kept.append(exchange)
        return True

    def _fault(self, reason: str) -> None:
        self._errors += 1
        if len(self._examples) < EXAMPLES and reason not in self._examples:
            self._examples.append(reason)

    def _result(self, elapsed: float) -> Result:
        return Result(
            requests=self._requests,
            errors=self._errors,
            events=self._requests * self._plan.events,
            rate=self._requests / elapsed,
            elapsed=elapsed,
            latency=Spread.of([each.ended - each.began for each in self._kept]),
            first_byte=Spread.of([each.first_byte - each.began for each in self._kept if each.first_byte]),
            examples=tuple(self._examples),
        )


async def load(plan: Plan) -> Result:
    """Raises OSError or TimeoutError when the server cannot be reached."""
    return await Load(plan).run()


def main() -> None:
    plan = load_plan(sys.stdin.read())
    gc.disable()  # what a run keeps is small, and a collection would look like latency
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(dump(runner.run(load(plan))) + "\n")


if __name__ == "__main__":
    main()
