"""The ledger of an engine that is killed, and of one whose database is away: every answer is in it, once."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, select

from engine.storage.tables import USAGE
from tests.e2e.engine_process import EngineProcess, free_port, write_site
from tests.storage.databases import database_of, opened

PATIENCE = 30.0
SITE = """
version: 1
providers:
  fast: {dialect: mock, base_url: "scripted:"}
prices:
  fast/*: {input: 1, output: 1}
models:
  fast: {targets: [fast/m]}
clients:
  web: {key: our-own-key-for-tests}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_site(tmp_path, a=SITE)
    return tmp_path


class Callers:
    """Clients that call without a pause; `answered` are the ids of whole answers."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._asked = 0
        self.answered: list[str] = []

    async def call(self, client: httpx.AsyncClient) -> None:
        self._asked += 1
        id_, stream = f"{self._name}-{self._asked}", self._asked % 2 == 0
        body = {"model": "fast", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
        reply = await client.post(
            f"{self._url}/v1/chat/completions",
            json=body,
            headers={"x-request-id": id_, "x-api-key": "our-own-key-for-tests"},
        )
        assert reply.status_code == 200, reply.text
        self.answered.append(id_)

    @asynccontextmanager
    async def calling(self, callers: int = 4) -> AsyncIterator[None]:
        async def caller() -> None:
            async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
                with suppress(httpx.TransportError):  # the engine was killed
                    while True:
                        await self.call(client)

        tasks = [asyncio.create_task(caller()) for _ in range(callers)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome

    async def some_more(self, number: int) -> None:
        wanted = len(self.answered) + number
        await until(lambda: len(self.answered) >= wanted)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


def family(pid: int) -> list[int]:
    """A process and all that came of it, the clerk too."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))

    def below(root: int) -> Iterator[int]:
        yield root
        for child in parents.get(root, ()):
            yield from below(child)

    return list(below(pid))


def pending(engine: EngineProcess) -> int:
    return number(engine, "proxyctl_ledger_pending_records")


def number(engine: EngineProcess, name: str) -> int:
    text = httpx.get(f"{engine.url}/metrics", trust_env=False).text
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} ")), 0)


def in_file(site: Path) -> Counter[str]:
    with sqlite3.connect(f"file:{site}/.proxyctl/ledger.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT request_id, cost FROM usage").fetchall()
    database.close()
    assert all(cost is not None for _, cost in rows)
    return Counter(id_ for id_, _ in rows)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the family")
async def test_killed_under_load_every_answer_is_in_the_ledger_once(site: Path) -> None:
    answered: list[str] = []
    for life in range(3):
        with EngineProcess(site, "--workers", "2", "--log-level", "warning") as engine:
            assert engine.process is not None
            callers = Callers(engine.url, f"life{life}")
            async with callers.calling():
                await callers.some_more(100)
                if life:  # and while the clerk is at work
                    await until(lambda: number(engine, "proxyctl_ledger_records_total") > 0)
                    await callers.some_more(200)
                for pid in family(engine.process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            engine.process.wait()
        answered += callers.answered
    with EngineProcess(site, "--workers", "2", "--log-level", "warning") as engine:
        await until(lambda: pending(engine) == 0)
        assert engine.stop() == 0
    found = in_file(site)
    assert len(answered) == len(set(answered)) > 500
    assert [id_ for id_ in answered if found[id_] != 1] == [] and set(found.values()) == {1}


@asynccontextmanager
async def road(port: int, url: str) -> AsyncIterator[None]:
    """While it is open, what comes to the port goes to the database."""
    ends: set[asyncio.StreamWriter] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = make_url(url)
        there = await asyncio.open_connection(target.host, target.port)
        ends.update((writer, there[1]))
        await asyncio.gather(carry(reader, there[1]), carry(there[0], writer))

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for end in ends:
            end.transport.abort()
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_that_is_away_delays_records_and_nothing_else(kind: str, site: Path) -> None:
    with database_of(kind, site) as url:
        asyncio.run(away(url, site))


async def away(url: str, site: Path) -> None:
    port = free_port()
    behind = make_url(url).set(port=port).render_as_string(hide_password=False)
    with EngineProcess(site, "--storage", behind, "--log-level", "info", env={"NO_COLOR": "1"}) as engine:
        callers = Callers(engine.url, "away")
        slowest = 0.0

        async def some() -> None:
            nonlocal slowest
            async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
                for _ in range(20):
                    began = time.monotonic()
                    await callers.call(client)
                    slowest = max(slowest, time.monotonic() - began)

        def said(event: str) -> int:
            return engine.log.read_text().count(event)

        await some()  # it was never there
        await until(lambda: said("database is away") == 1)
        assert pending(engine) == 20
        async with road(port, url):
            await until(lambda: pending(engine) == 0)
            await until(lambda: said("database is back") == 1)
            await some()
            await until(lambda: pending(engine) == 0)
        await some()  # it went away
        await until(lambda: said("database is away") == 2)
        assert pending(engine) == 20
        async with road(port, url):
            await until(lambda: pending(engine) == 0)
            await until(lambda: said("database is back") == 2)
        assert slowest < 5 and engine.stop() == 0
        log = engine.log.read_text()
    assert "Traceback" not in log and "postgres:postgres" not in log
    async with opened(url) as database, database.read() as connection:
        ids = list(await connection.scalars(select(USAGE.c.request_id)))
    assert sorted(ids) == sorted(callers.answered) and len(ids) == 60
