"""What a worker makes of a clerk's answers; the clerk's own tests have the rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from engine.errors import EngineUnavailable, RequestRefused
from engine.server.clerk.client import SOCKET, ClerkClient


@pytest.mark.parametrize("answer", [b"", b"nonsense\n"])
async def test_a_clerk_that_dies_or_babbles_is_away(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(serve, tmp_path / SOCKET):
        with pytest.raises(EngineUnavailable):
            await ClerkClient(tmp_path).ask("x")


async def test_a_clerk_that_says_nothing_is_away(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    async with await asyncio.start_unix_server(serve, tmp_path / SOCKET):
        with pytest.raises(EngineUnavailable):
            await ClerkClient(tmp_path, within=0.01).ask("x")
        await asyncio.wait_for(left.wait(), 5)


async def test_what_an_answer_changed_is_looked_at_before_it_is_given(tmp_path: Path) -> None:
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = orjson.loads(await reader.readline())
        told = (
            {"ok": 1}
            if asked["verb"] == "change"
            else {"error": {"code": "x", "message": "no", "status": 400}}
        )
        writer.write(orjson.dumps(told) + b"\n")
        writer.close()

    client = ClerkClient(tmp_path, answered=lambda: seen.append("looked"))
    async with await asyncio.start_unix_server(serve, tmp_path / SOCKET):
        assert await client.ask("change") == 1
        assert seen == ["looked"]
        with pytest.raises(RequestRefused):
            await client.ask("refused")
        assert seen == ["looked"]
