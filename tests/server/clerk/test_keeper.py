"""The clerk as a process: it lives as long as whoever started it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine.server.board import Board
from engine.server.clerk import keeper as module
from engine.server.clerk.client import ClerkClient
from engine.server.clerk.keeper import ClerkKeeper
from engine.server.clerk.order import ClerkOrder
from tests.server.running import Lines

PATIENCE = 20.0


@pytest.fixture
def order(tmp_path: Path) -> ClerkOrder:
    Board(tmp_path).prepare()
    return ClerkOrder(str(tmp_path), str(tmp_path), f"sqlite:///{tmp_path}/x.db")


async def answering(directory: Path) -> None:
    """Until a clerk answers."""
    async with asyncio.timeout(PATIENCE):
        while not (directory / "clerk").exists():
            await asyncio.sleep(0.02)
    assert await ClerkClient(directory).ask("audit.list") == []


async def test_it_is_started_again_when_it_dies_and_ends_when_it_is_told(
    order: ClerkOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.01)
    telemetry = Lines()
    keeper = ClerkKeeper(order, telemetry)
    running = asyncio.create_task(keeper.run())
    try:
        await answering(tmp_path)
        first = keeper.pid
        assert first is not None
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, first) == min(own + 10, 19)  # behind the workers
        session = Path(f"/proc/{first}/autogroup")  # systems that share a core among sessions first
        assert not session.exists() or session.read_text().endswith(" nice 10\n")
        (tmp_path / "clerk").unlink()
        os.kill(first, signal.SIGTERM)  # only its keeper says when it ends
        os.kill(first, signal.SIGKILL)
        await answering(tmp_path)
        assert keeper.pid not in (None, first)
        assert telemetry.of("clerk died") == [{"exit": -signal.SIGKILL, "restart_in": 0.01}]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await keeper.aclose()
    assert keeper.pid is None


async def test_an_interpreter_that_is_not_there_is_told(
    order: ClerkOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.sys, "executable", "/no/such/python")
    telemetry = Lines()
    running = asyncio.create_task(ClerkKeeper(order, telemetry).run())
    async with asyncio.timeout(PATIENCE):
        while not telemetry.of("clerk cannot be started"):
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
