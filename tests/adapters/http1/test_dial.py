from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from engine.adapters.http1.dial import dial
from engine.adapters.http1.failures import Forbidden

FOUR, SIX = socket.AF_INET, socket.AF_INET6


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes any name resolve to these addresses."""

    def to(*addresses: str) -> None:
        async def getaddrinfo(*args: object, **kwargs: object) -> list[Any]:
            return [(SIX if ":" in one else FOUR, 1, 6, "", (one, 80)) for one in addresses]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)

    return to


async def test_the_first_that_answers(resolves: Callable[..., None]) -> None:
    resolves("::1", "::2", "1.1.1.1")
    tried: list[str] = []

    async def connect(address: str) -> str:
        tried.append(address)
        if ":" in address:
            raise ConnectionRefusedError
        return address

    assert await dial("name.test", 80, connect) == "1.1.1.1"
    assert tried == ["::1", "1.1.1.1"]  # the families take turns, and a refusal is no reason to wait


async def test_one_that_hangs_does_not_hold_up_the_next_and_is_called_off(
    resolves: Callable[..., None],
) -> None:
    resolves("::1", "1.1.1.1")
    called_off = asyncio.Event()

    async def connect(address: str) -> str:
        if ":" in address:
            try:
                await asyncio.Event().wait()
            finally:
                called_off.set()
        return address

    assert await dial("name.test", 80, connect, head_start=0.001) == "1.1.1.1"
    await called_off.wait()


async def test_cancelled_it_calls_off_all(resolves: Callable[..., None]) -> None:
    resolves("1.1.1.1", "2.2.2.2")
    trying, ended = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def connect(address: str) -> str:
        trying.release()
        try:
            await asyncio.Event().wait()
        finally:
            ended.release()
        return address

    task = asyncio.ensure_future(dial("name.test", 80, connect, head_start=0.001))
    for _ in range(2):
        await trying.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(2):
        await ended.acquire()


async def test_none_answers(resolves: Callable[..., None]) -> None:
    async def connect(address: str) -> str:
        raise ConnectionRefusedError(address)

    resolves("1.1.1.1", "2.2.2.2")
    with pytest.raises(ExceptionGroup) as several:
        await dial("name.test", 80, connect)
    assert [str(one) for one in several.value.exceptions] == ["1.1.1.1", "2.2.2.2"]
    resolves("1.1.1.1")
    with pytest.raises(ConnectionRefusedError):
        await dial("name.test", 80, connect)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_an_address_is_not_looked_up(resolves: Callable[..., None], address: str) -> None:
    resolves("9.9.9.9")

    async def connect(address: str) -> str:
        return address

    assert await dial(address, 80, connect) == address


async def test_a_name_that_does_not_exist() -> None:
    async def connect(address: str) -> str:
        return address

    with pytest.raises(socket.gaierror):
        await dial("nowhere.invalid", 80, connect)


@pytest.mark.parametrize("cancelled", [False, True])
async def test_of_two_that_answer_at_once_one_is_given_up(
    resolves: Callable[..., None], cancelled: bool
) -> None:
    resolves("1.1.1.1", "2.2.2.2")
    both = asyncio.Barrier(2)
    made: list[str] = []
    discarded: list[str] = []

    async def connect(address: str) -> str:
        await both.wait()
        made.append(address)
        if cancelled and len(made) == 2:
            task.cancel()
        return address

    task = asyncio.ensure_future(dial("name.test", 80, connect, discarded.append, head_start=0.001))
    (result,) = await asyncio.gather(task, return_exceptions=True)
    assert len(made) == 2
    assert sorted(made) == sorted(discarded if cancelled else [*discarded, result])


async def test_a_clients_url_leads_to_addresses_alone_that_it_may_lead_to(
    resolves: Callable[..., None],
) -> None:
    tried: list[str] = []

    async def connect(address: str) -> str:
        tried.append(address)
        return address

    resolves("10.0.0.1", "1.1.1.1")
    assert await dial("name.test", 80, connect, reach=()) == "1.1.1.1" and tried == ["1.1.1.1"]
    resolves("10.0.0.1", "::ffff:127.0.0.1")
    with pytest.raises(Forbidden, match="a private address"):
        await dial("name.test", 80, connect, reach=())
    assert tried == ["1.1.1.1"]
    assert await dial("name.test", 80, connect, reach=("10.0.0.0/8",)) == "10.0.0.1"


@pytest.mark.parametrize("written", ["127.1", "2130706433", "0x7f000001", "::1"])
async def test_another_way_to_write_an_address_is_no_way_around(written: str) -> None:
    async def connect(address: str) -> str:
        return address

    with pytest.raises(Forbidden, match="a loopback address"):
        await dial(written, 80, connect, reach=())
