"""What must not grow and must not fall over: open streams, slow readers, an upstream that dies midway."""

from __future__ import annotations

from dataclasses import replace

from engine.bench.cases.requests import CLIENTS
from engine.bench.figures import Section, faults, number
from engine.bench.order import Order
from engine.bench.plan import Plan, Result
from engine.bench.servers import Server
from engine.bench.setting import Bench, Target

MEGABYTE, KILOBYTE = 1e6, 1e3

# Open streams: an event every so often, for so many seconds.
PAUSE, LASTING = 1.0, 8
# Slow readers: how many, how much each has to read (bytes; more than sockets hold), for how long it does not.
READERS, UNREAD, STALL = 10, 16_000_000, 2.0
EVENT = 4000
# Descriptors of the engine beside those of streams; each stream has two.
SPARE_FILES = 200
DYING = 64


class Watched:
    """The most memory that a server had while it was looked at, beside what it began with. Bytes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.idle = self.most = server.usage().memory

    def look(self) -> None:
        self.most = max(self.most, self._server.usage().memory)

    @property
    def grown(self) -> int:
        return self.most - self.idle


def memory(bench: Bench) -> Section:
    """A fresh engine: idle, then with many streams open at once, each of which must come to its end."""
    count = min(bench.profile.open_streams, (bench.files - SPARE_FILES) // 2)
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    clerk = 0
    for index, title in enumerate(each.title for each in bench.routes()[: bench.profile.routes]):
        with bench.fresh_engine() as server:
            target = bench.routes(server)[index]
            idle = server.usage().memory
            wrong += faults(f"warming up, {title}", [warm(bench, target)])
            watched = Watched(server)
            result = bench.load(open_streams(target, count), watched.look)
            clerk = max(clerk, server.beside().memory)
            each = watched.grown / count
            rows.append(
                [
                    title,
                    number(idle / MEGABYTE),
                    f"{count:,}",
                    number(each / KILOBYTE),
                    f"{result.requests:,}",
                ]
            )
            figures["memory/idle_mb"] = idle / MEGABYTE
            figures[f"memory/{target.name}/stream_kb"] = each / KILOBYTE
            wrong += faults(f"open streams, {title}", [result])
    header = ["what", "idle MB", "open streams", "kB a stream", "complete"]
    notes = [
        "Resident memory of the engine's processes. A stream's share is the most that it grew by while all "
        "were open, after some ordinary requests.",
        f"Not counted: the clerk, one process that has the database, whatever the number of workers: "
        f"{number(clerk / MEGABYTE)} MB.",
    ]
    figures["memory/clerk_mb"] = clerk / MEGABYTE
    return Section("memory", "Memory", header, rows, figures, notes, wrong)


def warm(bench: Bench, target: Target) -> Result:
    """What is made once is made: connections, buffers, the code's own caches."""
    return bench.load(target.plan(Order(), stream=True, clients=CLIENTS, seconds=0.5))


def open_streams(target: Target, count: int) -> Plan:
    order = Order(events=int(LASTING / PAUSE), pause=PAUSE)
    return target.plan(order, stream=True, clients=count, seconds=LASTING * 4, requests=count)


def slow_readers(bench: Bench) -> Section:
    """Clients stop reading an answer which the upstream has ready: it must wait there, not pile up here."""
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    order = Order(events=UNREAD // EVENT, size=EVENT)
    for index, title in enumerate(each.title for each in bench.routes()[: bench.profile.routes]):
        with bench.fresh_engine() as server:
            target = bench.routes(server)[index]
            wrong += faults(f"warming up, {title}", [warm(bench, target)])
            plan = target.plan(order, stream=True, clients=READERS, seconds=STALL * 10, requests=READERS)
            watched = Watched(server)
            result = bench.load(replace(plan, stall=STALL), watched.look)
            each = watched.grown / READERS
            rows.append(
                [
                    title,
                    str(READERS),
                    number(UNREAD / MEGABYTE),
                    number(each / KILOBYTE),
                    str(result.requests),
                ]
            )
            figures[f"slow-readers/{target.name}/reader_kb"] = each / KILOBYTE
            wrong += faults(f"slow readers, {title}", [result])
    header = ["what", "readers", "MB each", "kB held for each", "complete"]
    notes = [f"Each reads nothing for {STALL:g} seconds in the middle of its answer, then the rest."]
    return Section("slow-readers", "Slow readers", header, rows, figures, notes, wrong)


def dying_upstream(bench: Bench) -> Section:
    """The upstream cuts its streams: every client hears of it, and the next request works."""
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    wrong: list[str] = []
    order = Order(events=100, dies=20)
    for target in bench.routes():
        plan = target.plan(order, stream=True, clients=DYING // 4, seconds=20, requests=DYING)
        told = bench.load(replace(plan, breaks=True))
        after = bench.load(target.plan(Order(), clients=CLIENTS, seconds=30, requests=CLIENTS))
        rows.append([target.title, str(DYING), str(told.requests), f"{after.requests} of {CLIENTS}"])
        figures[f"dying-upstream/{target.name}/untold"] = DYING - told.requests
        wrong += faults(f"cut streams, {target.title}", [told])
        wrong += faults(f"after cut streams, {target.title}", [after])
    header = ["what", "streams cut", "clients told", "good answers afterwards"]
    return Section("dying-upstream", "An upstream that dies in mid-stream", header, rows, figures, (), wrong)
