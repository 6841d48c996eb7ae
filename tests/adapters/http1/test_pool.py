from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.adapters.address import address_of
from engine.adapters.http1 import pool as pools
from engine.adapters.http1.failures import CannotConnect
from engine.adapters.http1.pool import Pool
from tests.adapters.contract.calls import refused_port
from tests.adapters.rude_server import Rude, Talk, rude


@pytest.fixture
async def server() -> AsyncIterator[Rude]:
    async with rude(Talk.wait_gone) as running:
        yield running


@pytest.fixture
async def pool(server: Rude) -> AsyncIterator[Pool]:
    made = Pool(address_of(server.url), None)
    yield made
    made.close()


async def test_the_one_that_became_free_last_is_taken_first(pool: Pool) -> None:
    one, two = await pool.connect(), await pool.connect()
    assert pool.take() is None
    pool.keep(one, None)
    pool.keep(two, None)
    assert [pool.take(), pool.take(), pool.take()] == [two, one, None]


async def test_what_was_free_for_too_long_is_closed(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = await pool.connect(), await pool.connect()
    pool.keep(old, None)
    pool.keep(new, None)
    old.expires = 0.0
    pool.sweep()
    assert old.closed and not new.closed
    new.expires = 0.0
    assert pool.take() is None and new.closed and pool.idle


async def test_it_is_closed_though_nobody_calls(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "KEPT_FOR", 0.01)
    made = await pool.connect()
    pool.keep(made, None)
    while not made.closed:
        await asyncio.sleep(0.005)


async def test_no_more_are_kept_than_may_be_and_the_oldest_goes(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAX_FREE", 2)
    made = [await pool.connect() for _ in range(3)]
    for connection in made:
        pool.keep(connection, None)
    assert [connection.closed for connection in made] == [True, False, False]


async def test_one_that_the_other_side_closes_is_forgotten_at_once(pool: Pool, server: Rude) -> None:
    made = await pool.connect()
    pool.keep(made, None)
    while not server.talks:
        await asyncio.sleep(0.005)
    server.talks[0].hang_up()
    while not made.closed:
        await asyncio.sleep(0.005)
    assert pool.take() is None and pool.idle


@pytest.mark.parametrize(
    ("hint", "seconds"),
    [
        ("timeout=5", 4.0),
        ("max=9, Timeout = 5", 4.0),
        ("timeout=500", 30.0),
        ("max=9", 30.0),
        ("timeout=x", 30.0),
        ("timeout=1", None),
    ],
)
async def test_the_upstream_may_say_for_how_long(pool: Pool, hint: str, seconds: float | None) -> None:
    made = await pool.connect()
    before = asyncio.get_running_loop().time()
    pool.keep(made, hint)
    assert made.closed is (seconds is None)
    if seconds is not None:
        assert before + seconds <= made.expires <= asyncio.get_running_loop().time() + seconds


async def test_closing_closes_those_in_use_too_and_what_comes_back_later(pool: Pool) -> None:
    free, used = await pool.connect(), await pool.connect()
    pool.keep(free, None)
    pool.close()
    assert free.closed and used.closed and pool.idle
    assert (await pool.connect()).closed


async def test_nobody_there() -> None:
    with pytest.raises(CannotConnect) as caught:
        await Pool(address_of(f"http://127.0.0.1:{refused_port()}"), None).connect()
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


async def test_a_retired_one_closes_what_is_free_and_keeps_nothing(pool: Pool) -> None:
    used, free = await pool.connect(), await pool.connect()
    pool.keep(free, None)
    pool.retire()
    assert free.closed and not used.closed
    late = await pool.connect()
    assert not late.closed
    for connection in (used, late):
        pool.keep(connection, None)
    assert used.closed and late.closed and pool.take() is None
