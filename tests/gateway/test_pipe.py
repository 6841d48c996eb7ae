from __future__ import annotations

import asyncio

from engine.gateway.pipe import Pipe


async def test_who_gives_waits_until_it_was_taken() -> None:
    pipe, told = Pipe(), []

    async def write() -> None:
        for piece in (b"a", b"b"):
            await pipe.put(piece)
            told.append(piece)
        pipe.end()

    task = asyncio.create_task(write())
    assert await pipe.get() == b"a"
    assert told == []
    assert await pipe.get() == b"b"
    assert told == [b"a"]
    assert await pipe.get() is None
    await task


async def test_when_the_reader_leaves_nobody_waits() -> None:
    pipe = Pipe()
    task = asyncio.create_task(pipe.put(b"a"))
    await asyncio.sleep(0)
    pipe.leave()
    await task
    await pipe.put(b"b")
    assert pipe.gone
