"""From the spool into the database, each record once, whoever dies in between."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.adapters.segment import segments, waiting
from engine.adapters.spool import Spool
from engine.gateway.record import COLUMNS
from engine.server.clerk import collecting as module
from engine.server.clerk.collecting import DAMAGED, WRITTEN, Collector
from engine.storage import usage
from engine.storage.database import Database, Unavailable
from engine.storage.usage import add, count
from tests.server.running import Lines
from tests.storage.databases import opened

ROW: dict[str, Any] = dict.fromkeys(COLUMNS) | {
    "at": 1e9, "status": 200, "attempts": 1, "streamed": False, "aborted": False, "ms": 1.0,
}  # fmt: skip


def row(client: str = "web") -> list[Any]:
    return list((ROW | {"client": client}).values())


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path}/x.db") as database:
        await database.migrate()
        yield database


class Office:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.telemetry = Lines()
        self.now = 0.0
        self.collector = Collector(directory, self.telemetry, lambda: self.now)

    def spool(self) -> Spool:
        return Spool(self.directory, self.telemetry, segment=4096, limit=1 << 20)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "spool")


async def test_what_waits_is_counted_over_all_that_was_taken(office: Office, database: Database) -> None:
    spool = office.spool()
    for round in (1, 2, 3):
        for _ in range(4):
            spool.record(row())
        await office.collector.collect(database)
        assert waiting(office.directory) == 0 and await count(database) == 4 * round
    spool.close()


async def test_the_living_are_read_and_the_dead_are_removed(office: Office, database: Database) -> None:
    living, dead = office.spool(), office.spool()
    for spool in (living, dead):
        for _ in range(40):
            spool.record(row())
    dead.close()
    assert not await office.collector.collect(database)
    assert await count(database) == 80 and waiting(office.directory) == 0
    assert len(segments(office.directory)) == 1  # the one that is being written to
    living.record(row())
    await office.collector.collect(database)
    assert await count(database) == 81 and office.telemetry.counts == {WRITTEN: 81}
    living.close()
    await office.collector.collect(database)
    assert segments(office.directory) == []


async def test_killed_between_the_database_and_the_spool(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = office.spool()
    for _ in range(10):
        spool.record(row())
    spool.close()

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "set_drained", killed)
        with pytest.raises(KeyboardInterrupt):
            await office.collector.collect(database)
    assert await count(database) == 10 and waiting(office.directory) == 10
    await office.collector.collect(database)
    assert await count(database) == 10 and segments(office.directory) == []


async def test_a_database_that_is_away_leaves_the_spool_as_it_is(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = office.spool()
    spool.record(row())
    spool.close()

    async def away(*_: Any) -> Any:
        raise Unavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(module, "add", away)
        with pytest.raises(Unavailable):
            await office.collector.collect(database)
    assert waiting(office.directory) == 1
    await office.collector.collect(database)
    assert await count(database) == 1 and waiting(office.directory) == 0


async def test_much_is_taken_in_several_goes(office: Office, database: Database) -> None:
    spool = office.spool()
    for _ in range(200):
        spool.record(row())
    assert await office.collector.collect(database, batches=2)
    while await office.collector.collect(database, batches=2):
        pass
    assert await count(database) == 200
    spool.close()


async def test_what_comes_meanwhile_waits_for_the_next_time(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = office.spool()

    async def slow(*batch: Any) -> list[str]:
        spool.record(row())
        return await add(*batch)

    monkeypatch.setattr(module, "add", slow)
    spool.record(row())
    for taken in (1, 2, 3):
        assert not await office.collector.collect(database)
        assert await count(database) == taken and waiting(office.directory) == 1
    spool.close()


async def test_a_torn_record_is_counted_and_the_others_are_read(office: Office, database: Database) -> None:
    spool = office.spool()
    for _ in range(3):
        spool.record(row())
    spool.close()
    (path,) = segments(office.directory)
    raw = bytearray(path.read_bytes())
    second = raw.index(b"1000000000.0", raw.index(b"1000000000.0") + 1)
    raw[second] ^= 1
    path.write_bytes(raw)
    await office.collector.collect(database)
    assert await count(database) == 2 and office.telemetry.counts == {WRITTEN: 2, DAMAGED: 1}
    assert office.telemetry.of("usage records are damaged") == [{"segment": path.name, "records": 1}]
    assert segments(office.directory) == []


async def test_what_is_more_than_a_part_gives_way_and_comes_whole(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[int] = []

    async def way() -> None:
        ways.append(await count(database))

    monkeypatch.setattr(module, "PART", 4)
    monkeypatch.setattr(module, "give_way", way)
    monkeypatch.setattr(usage, "give_way", way)
    spool = office.spool()
    for number in range(10):
        spool.record(row() if number != 5 else [])
    spool.close()
    await office.collector.collect(database)
    assert ways == [0] * 6  # three parts are read, three are written, and nothing is there before all is
    assert await count(database) == 9 and office.telemetry.counts == {WRITTEN: 9, DAMAGED: 1}


async def test_what_is_no_record_is_damaged_too(office: Office, database: Database) -> None:
    spool = office.spool()
    for nonsense in ([], ["not a time"], {"a": 1}):
        spool.record(nonsense)  # type: ignore[arg-type]
    spool.record(row())
    spool.close()
    await office.collector.collect(database)
    assert await count(database) == 1 and office.telemetry.counts == {WRITTEN: 1, DAMAGED: 3}


async def test_what_is_no_segment_is_set_aside(office: Office, database: Database) -> None:
    office.directory.mkdir()
    (office.directory / "odd.seg").write_bytes(b"odd")
    await office.collector.collect(database)
    assert {path.name for path in office.directory.iterdir()} == {"odd.damaged", "lock"}


async def test_one_at_a_time(office: Office, database: Database) -> None:
    spool = office.spool()
    spool.record(row())
    other = Collector(office.directory, office.telemetry, lambda: 0.0)
    assert office.collector.claim() and not other.claim()
    assert not await other.collect(database) and await count(database) == 0
    office.collector.close()
    await other.collect(database)
    assert await count(database) == 1
    other.close()
    spool.close()


async def test_segments_that_were_never_finished_are_swept_away(office: Office, database: Database) -> None:
    office.directory.mkdir()
    fresh = office.directory / "0.fresh"
    fresh.touch()
    os.utime(fresh, (100, 100))
    office.now = 150
    await office.collector.collect(database)
    assert fresh.exists()
    office.now = 161
    await office.collector.collect(database)
    assert not fresh.exists()
