"""The public keys by which tokens are checked: JSON Web Key Sets, out of files and from URLs.

Nothing here waits in the way of a request but one that brings a key which is not known yet.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from engine.ports import Clock, Telemetry

LOOK_EVERY = 1.0
MOST_BYTES = 1 << 20
FETCH_WITHIN = 5.0
# Seconds. Whoever sends made-up key ids makes nobody fetch more often than this.
FETCH_APART = 10.0
FRESH, FRESHEST, STALEST = 600.0, 60.0, 86400.0
MAX_AGE = re.compile(r"(?:^|,)\s*max-age=([0-9]{1,9})", re.IGNORECASE)

FILE = "file:"

Keys = Sequence[Mapping[str, Any]]


class Unfit(Exception):
    """What was read is no set of keys; the message says why and repeats nothing of it."""


class Read(NamedTuple):
    """`stamp` tells one version of a file from another; of a URL it is empty. `until`: fresh till then."""

    keys: Keys
    stamp: tuple[int, ...]
    until: float


class KeySets:
    """The keys of some sources, `file:PATH` (relative to the site) or URLs. Keys stay when a look fails."""

    def __init__(
        self,
        site: Path,
        clock: Clock,
        telemetry: Telemetry,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.version = 0
        self._site = site
        self._clock = clock
        self._telemetry = telemetry
        self._transport = transport
        self._read: dict[str, Read] = {}
        self._tried: dict[str, float] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._complaints: dict[str, str] = {}
        self._wanted: frozenset[str] = frozenset()

    def retain(self, sources: Iterable[str]) -> None:
        """These sources are looked after from now on, no others."""
        self._wanted = frozenset(sources)
        for kept in (self._read, self._tried, self._complaints):
            for source in kept.keys() - self._wanted:
                del kept[source]

    def keys(self, source: str) -> Keys | None:
        """None: none were ever had."""
        known = self._read.get(source)
        return known.keys if known else None

    def may_refresh(self, source: str) -> bool:
        """Whether it is time to look for further keys: a look is under way, or the last is a while ago."""
        last = self._tried.get(source)
        return source in self._looks or last is None or self._clock.monotonic() - last >= FETCH_APART

    async def refresh(self, source: str) -> None:
        """Look now, or wait for the look that is under way."""
        if source not in self._looks:
            self._tried[source] = self._clock.monotonic()
            task = asyncio.ensure_future(self._look(source))
            self._looks[source] = task
            task.add_done_callback(lambda _: self._looks.pop(source, None))
        # Whoever waits may go away; the look goes on for the others.
        await asyncio.shield(self._looks[source])

    async def run(self) -> None:
        """Look after all sources, for ever."""
        while True:
            for source in sorted(self._wanted):
                if self._is_due(source):
                    await self.refresh(source)
            await self._clock.sleep(LOOK_EVERY)

    def _is_due(self, source: str) -> bool:
        known = self._read.get(source)
        if source.startswith(FILE):
            return known is None or known.stamp != self._stamp(source)
        if known is not None and self._clock.monotonic() < known.until:
            return False
        return self.may_refresh(source)

    async def _look(self, source: str) -> None:
        try:
            read = self._read_file(source) if source.startswith(FILE) else await self._fetch(source)
        except (OSError, ValueError, httpx.HTTPError, Unfit) as failed:
            self._complain(source, failed)
            return
        before = self._read.get(source)
        self._complaints.pop(source, None)
        self._read[source] = read
        if before is None or before.keys != read.keys:
            self.version += 1
            told = {"source": source, "keys": len(read.keys)}
            self._telemetry.log("info", "token keys", told)

    def _complain(self, source: str, failed: Exception) -> None:
        """Once for each reason; the keys that there are go on."""
        reason = str(failed) if isinstance(failed, Unfit) else type(failed).__name__
        if self._complaints.get(source) != reason:
            self._complaints[source] = reason
            fields = {"source": source, "error": reason, "kept": len(self.keys(source) or ())}
            self._telemetry.log("warning", "token keys", fields)

    # Files

    def _path(self, source: str) -> Path:
        return self._site / source.removeprefix(FILE)

    def _stamp(self, source: str) -> tuple[int, ...]:
        try:
            status = self._path(source).stat()
        except OSError:
            return ()
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _read_file(self, source: str) -> Read:
        stamp = self._stamp(source)
        with self._path(source).open("rb") as stream:
            return Read(keys_of(stream.read(MOST_BYTES + 1)), stamp, 0.0)

    # URLs

    async def _fetch(self, url: str) -> Read:
        """No redirect is followed: only what the site declares is called."""
        async with (
            httpx.AsyncClient(
                transport=self._transport, timeout=FETCH_WITHIN, follow_redirects=False, trust_env=False
            ) as client,
            asyncio.timeout(FETCH_WITHIN),
            client.stream("GET", url, headers={"accept": "application/json"}) as reply,
        ):
            if reply.status_code != httpx.codes.OK:
                raise Unfit(f"answered with status {reply.status_code}")
            body = bytearray()
            async for piece in reply.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    break
        fresh = _max_age(reply.headers.get("cache-control", ""))
        return Read(keys_of(bytes(body)), (), self._clock.monotonic() + fresh)


def keys_of(raw: bytes) -> Keys:
    """The keys of a set, those that are for signatures. Raises `Unfit`."""
    if len(raw) > MOST_BYTES:
        raise Unfit(f"is larger than {MOST_BYTES} bytes")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unfit("is not JSON") from None
    keys = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(keys, list):
        raise Unfit("is no set of keys: an object with a list `keys`")
    return [key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig"]


def _max_age(cache_control: str) -> float:
    found = MAX_AGE.search(cache_control)
    return min(max(float(found[1]), FRESHEST), STALEST) if found else FRESH
