"""The leader's side of the clerk: starts it, starts it again when it dies, lets it end with itself."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from engine.ports import Telemetry
from engine.server.clerk.order import ClerkOrder

ROOT = Path(__file__).parents[3]
MODULE = "engine.server.clerk.process"

FIRST_PAUSE, LONGEST_PAUSE, YOUNG = 0.5, 15.0, 10.0
# A clerk that has just been started, on a busy machine, has to open its database first.
ENDS_WITHIN = 8.0


class ClerkKeeper:
    """`run` until cancelled, then `aclose`."""

    def __init__(self, order: ClerkOrder, telemetry: Telemetry) -> None:
        self._order = order
        self._telemetry = telemetry
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        living = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and living else None

    async def run(self) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while True:
            began = loop.time()
            code = await self._live()
            pause = FIRST_PAUSE if loop.time() - began > YOUNG else min(LONGEST_PAUSE, pause * 2)
            self._telemetry.log("warning", "clerk died", {"exit": code, "restart_in": pause})
            await asyncio.sleep(pause)

    async def _live(self) -> int | None:
        """One clerk's life; its exit code, None when it could not be started."""
        places = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
        try:
            # A session of its own: a terminal's Ctrl-C is not for it.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", MODULE),
                stdin=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
            assert self._process.stdin is not None
            self._process.stdin.write(self._order.to_line())
            await self._process.stdin.drain()
        except OSError as exc:
            self._telemetry.log("error", "clerk cannot be started", {"error": str(exc)})
            return None
        return await self._process.wait()

    async def aclose(self) -> None:
        """The end of its standard input tells a clerk to write what is left and end."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
