"""Tells when a site's files changed. Notices of the system make it fast; what decides is the listing.

A look at the listing every half second finds whatever the notices miss (network file systems, no watches
left), so a directory that is deleted, made again or not readable ends nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import watchfiles

from engine.adapters.listing import PROMPTS, ROUTES, SETTINGS, Listing, list_site

POLL = 0.5
# Looking may cost this share of one core at most; a huge site is then polled less often.
POLL_SHARE = 0.02
# Each step wakes a thread, so that many a second are felt; an edit is noticed after two of them.
DEBOUNCE_MS, STEP_MS = 50, 40

# What of the site's own directory matters: a database that lives beside is written all the time.
TOP_NAMES = (ROUTES, PROMPTS, SETTINGS)

Complain = Callable[[str], None]


async def changes(
    root: Path, complain: Complain = lambda _: None, poll: float = POLL
) -> AsyncGenerator[Listing, None]:
    """Yields the listing, and a new one after each change, for ever.

    `complain` hears why notices do not work.
    """
    last: Listing | None = None
    notices = Notices(os.path.realpath(root), complain)
    try:
        while True:
            if last is not None:
                # Watches first, then the look: what happens between the two is noticed by one of them.
                await notices.watch(last.directories)
            began = time.monotonic()
            now = await asyncio.to_thread(list_site, root)
            took = time.monotonic() - began
            if now != last:
                last = now
                yield now
            else:
                await notices.wait(max(poll, took / POLL_SHARE))
    finally:
        await notices.aclose()


class Notices:
    """The system's notices about some directories, as one event."""

    def __init__(self, root: str, complain: Complain) -> None:
        self._root = root
        self._complain = complain
        self._watched: frozenset[tuple[str, int, int]] = frozenset()
        self._task: asyncio.Task[None] | None = None
        self._noticed = asyncio.Event()
        self._complaint = ""

    async def watch(self, directories: frozenset[str]) -> None:
        """Watch these directories, each as it is now: one that was deleted and made again is another."""
        wanted = frozenset(identity for path in directories if (identity := _identity(path)))
        if wanted == self._watched and self._task is not None and not self._task.done():
            return
        if self._task is not None:
            self._task.cancel()
        self._watched = wanted
        self._task = asyncio.get_running_loop().create_task(self._listen([path for path, _, _ in wanted]))
        await asyncio.sleep(0)  # the task runs until it waits for the first notice: the watches are set

    async def wait(self, seconds: float) -> None:
        """Until something is noticed, or `seconds` have passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._noticed.wait()
        self._noticed.clear()

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, paths: list[str]) -> None:
        if not paths:
            return
        try:
            watched = watchfiles.awatch(
                *paths,
                watch_filter=self._matters,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                recursive=False,
                ignore_permission_denied=True,
            )
            async for _ in watched:
                self._noticed.set()
        except (OSError, RuntimeError, ValueError) as exc:
            if str(exc) != self._complaint:
                self._complaint = str(exc)
                self._complain(f"watching by polling only: {exc}")

    def _matters(self, _: watchfiles.Change, path: str) -> bool:
        parent, name = os.path.split(path)
        return parent != self._root or name in TOP_NAMES or name.startswith("..") or os.path.islink(path)


def _identity(path: str) -> tuple[str, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return path, status.st_dev, status.st_ino
