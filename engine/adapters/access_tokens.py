"""Tokens for upstream calls: got once for all workers, and renewed ahead of their end by one of them.

A token that was used since it came is renewed before it ends; one that nobody used is forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.adapters.lock import FileLock
from engine.adapters.safe import Locked
from engine.adapters.token_answer import Token, read_token
from engine.adapters.token_shelf import Shelf
from engine.errors import EngineError, ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Channel, Grant, Timeouts
from engine.gateway.scrub import scrub
from engine.ports import Clock, Reply, Telemetry, Upstream

LOOK_EVERY = 1.0
# How long an endpoint may take, and how often a worker looks whether another one is done.
PATIENCE, LOCK_LOOK_EVERY = 30.0, 0.05
# After a failure nobody asks for a while, which doubles each time.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
LARGEST_ANSWER = 2**20
MOST = 1000
ASKED = "proxyctl_token_requests_total"


@dataclass(slots=True)
class Failure:
    until: float
    pause: float
    info: ErrorInfo


@dataclass(slots=True)
class Held:
    """A token in use, and how it is asked for. `used`: since it came."""

    token: Token
    grant: Grant
    channel: Channel
    timeouts: Timeouts
    used: bool = False


class AccessTokens:
    """`get` for a call; `run` until cancelled. `ids` gives ids for a prefix; no `shelf`: none is shared."""

    def __init__(
        self,
        upstream: Upstream,
        shelf: Shelf | None,
        clock: Clock,
        ids: Callable[[str], str],
        telemetry: Telemetry,
    ) -> None:
        self._upstream = upstream
        self._shelf = shelf
        self._clock = clock
        self._ids = ids
        self._telemetry = telemetry
        self._held: dict[str, Held] = {}
        self._failures: dict[str, Failure] = {}
        self._running: dict[str, asyncio.Task[Held]] = {}

    async def get(self, call: Call, refused: Token | None = None) -> Token:
        """The token of a call's grant; another one than `refused`. Raises `UpstreamFailed`."""
        grant = call.grant
        assert grant is not None
        held, now = self._held.get(grant.key), self._clock.now()
        if held is not None and held.token is not refused and now < held.token.good_until:
            held.used = True
            return held.token
        if self._pausing(grant.key, now):
            raise UpstreamFailed(self._failures[grant.key].info)
        held = await asyncio.shield(self._asking(grant, call.channel, call.timeouts, refused))
        held.used = True
        return held.token

    async def run(self) -> None:
        try:
            while True:
                await self._clock.sleep(LOOK_EVERY)
                self.look()
        finally:
            for task in self._running.values():
                task.cancel()

    def look(self) -> None:
        """Renew what is due, forget what is over."""
        now = self._clock.now()
        for key, held in list(self._held.items()):
            if held.used and now >= held.token.due and not self._pausing(key, now):
                self._asking(held.grant, held.channel, held.timeouts, held.token)
            elif now >= held.token.good_until:
                del self._held[key]
                if self._shelf is not None and self._shelved(key, now) is None:
                    self._shelf.drop(key)
        for key, failure in list(self._failures.items()):
            if now >= failure.until + LONGEST_PAUSE:
                del self._failures[key]

    def _pausing(self, key: str, now: float) -> bool:
        return key in self._failures and now < self._failures[key].until

    def _asking(
        self, grant: Grant, channel: Channel, timeouts: Timeouts, old: Token | None
    ) -> asyncio.Task[Held]:
        """One task for each token, however many want it."""
        task = self._running.get(grant.key)
        if task is None:
            work = self._renewed(grant, channel, timeouts, old)
            task = self._running[grant.key] = asyncio.get_running_loop().create_task(work)
            task.add_done_callback(lambda done: self._asked(grant.key, done))
        return task

    def _asked(self, key: str, task: asyncio.Task[Held]) -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # who waits gets it; it is noted already

    async def _renewed(self, grant: Grant, channel: Channel, timeouts: Timeouts, old: Token | None) -> Held:
        lock = await self._locked(grant.key)
        try:
            token = self._of_another(grant.key, old)
            if token is None:
                token = await self._obtained(grant, channel, timeouts)
        finally:
            if lock is not None:
                lock.release()
        if len(self._held) >= MOST:
            del self._held[next(iter(self._held))]
        held = self._held[grant.key] = Held(token, grant, channel, timeouts)
        self._failures.pop(grant.key, None)
        return held

    async def _locked(self, key: str) -> FileLock | None:
        """Wait for our turn; None where there are no locks to be had, or somebody keeps it too long."""
        if self._shelf is None:
            return None
        try:
            lock = self._shelf.lock(key)
            for _ in range(int(PATIENCE / LOCK_LOOK_EVERY)):
                if lock.take():
                    return lock
                await self._clock.sleep(LOCK_LOOK_EVERY)
        except OSError as exc:
            self._telemetry.log("warning", "tokens are not shared", {"error": exc.strerror})
        return None

    def _of_another(self, key: str, old: Token | None) -> Token | None:
        """What another worker got meanwhile. Raises its failure, as long as that counts."""
        now = self._clock.now()
        token = self._shelved(key, now)
        another = token if token is not None and (old is None or token.value != old.value) else None
        if another is not None and now < another.due:
            return another
        failed = self._read(key).get("failure")
        if failed is not None:
            info = ErrorInfo(ErrorClass(failed["class"]), failed["message"], failed["code"])
            self._failures[key] = Failure(failed["until"], failed["pause"], info)
        if self._pausing(key, now) and another is None:
            raise UpstreamFailed(self._failures[key].info)
        return another if self._pausing(key, now) else None

    def _read(self, key: str) -> dict[str, Any]:
        return self._shelf.read(key) if self._shelf is not None else {}

    def _shelved(self, key: str, now: float) -> Token | None:
        token = Token.of(self._read(key).get("token"))
        return token if token is not None and now < token.good_until else None

    async def _obtained(self, grant: Grant, channel: Channel, timeouts: Timeouts) -> Token:
        host = urlsplit(grant.url).hostname or ""
        try:
            token = await self._exchange(grant, channel, timeouts, host)
        except EngineError as failure:
            info = scrub(failure.info, grant.secrets)
            self._note("failed", "warning", "token refused", {"endpoint": host, "error": info.message})
            kept = self._shelved(grant.key, self._clock.now())
            self._put(grant.key, kept, self._failed(grant.key, info))
            raise UpstreamFailed(info) from None
        self._note("ok", "info", "token obtained", {"endpoint": host, "expires": int(token.expires)})
        self._put(grant.key, token)
        return token

    async def _exchange(self, grant: Grant, channel: Channel, timeouts: Timeouts, host: str) -> Token:
        try:
            headers, body = grant.ask(self._clock.now(), self._ids)
        except ValueError as exc:
            raise UpstreamFailed(ErrorInfo(ErrorClass.AUTH, str(exc), "token_refused")) from exc
        call = Call("POST", grant.url, headers, body, timeouts, channel)
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await self._upstream.send(call)
                return read_token(reply.status, await _body(reply), self._clock.now(), host)
        except TimeoutError:
            message = f"the token endpoint {host} did not answer within {PATIENCE:g} s"
            raise UpstreamFailed(ErrorInfo(ErrorClass.TIMEOUT, message, "token_timeout")) from None

    def _failed(self, key: str, info: ErrorInfo) -> Failure:
        before = self._failures.get(key)
        pause = min(LONGEST_PAUSE, before.pause * 2) if before else FIRST_PAUSE
        failure = self._failures[key] = Failure(self._clock.now() + pause, pause, info)
        return failure

    def _put(self, key: str, token: Token | None, failure: Failure | None = None) -> None:
        fields: dict[str, object] = {"token": token.to_data() if token else None}
        if failure is not None:
            info = failure.info
            told = {"class": info.error_class.value, "message": info.message, "code": info.code}
            fields["failure"] = {"until": failure.until, "pause": failure.pause, **told}
        try:
            if self._shelf is not None:
                self._shelf.put(key, fields)
        except (OSError, Locked) as exc:
            self._telemetry.log("warning", "tokens are not shared", {"error": str(exc)})

    def _note(self, outcome: str, level: str, event: str, fields: dict[str, object]) -> None:
        self._telemetry.counter(ASKED, {"outcome": outcome}).add()
        self._telemetry.log(level, event, fields)


async def _body(reply: Reply) -> bytes:
    """Raises `UpstreamFailed`."""
    found = bytearray()
    try:
        async for piece in reply.chunks():
            found += piece
            if len(found) > LARGEST_ANSWER:
                message = "the answer of the token endpoint is too large"
                raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "token_refused"))
    finally:
        with suppress(UpstreamFailed):
            await reply.aclose()
    return bytes(found)
