"""Keeps a worker's snapshot up to date (docs/operations.md, Reloading).

One worker leads: it watches the site, reads it when it has settled, decides which version of each file is
served, and publishes that. The others follow what is published. Whoever leads dies with its lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from os import environ
from typing import Any, TypeVar

from engine.adapters.collector import undisturbed
from engine.adapters.heap import give_back
from engine.adapters.kept_json import KeptJson, Stamp
from engine.adapters.listing import PROMPTS
from engine.adapters.site_files import Reading, SiteReader
from engine.adapters.watch import changes
from engine.config.settings import FILE
from engine.config.site import Content
from engine.diagnostics import Diagnostic
from engine.errors import EngineUnavailable
from engine.ports import Clock, Secrets, Telemetry
from engine.server.board import Board
from engine.server.kept_settings import Kept, kept
from engine.server.published import Published, from_data, to_data
from engine.server.startup import Loaded, Plan, load_accepted
from engine.snapshot import reconcile
from engine.snapshot.cache import Cache
from engine.snapshot.model import Snapshot
from engine.snapshot.reconcile import Reloaded

T = TypeVar("T")

FOLLOW_EVERY, ANSWER_EVERY = 0.1, 0.2
RETRY_EVERY = 2.0
KEPT_EVERY = 0.5
LEADER_ANSWERS_WITHIN = 10.0
WORKERS_FOLLOW_WITHIN = 2.0

# More changed files than this are not named in the log.
MAX_TOLD = 20

RELOADS = "proxyctl_config_reload_total"
ACCEPTED, REJECTED, UNCHANGED, FAILED = "accepted", "rejected", "unchanged", "failed"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a keeper needs of the world."""

    board: Board
    secrets: Secrets
    clock: Clock
    telemetry: Telemetry
    uid: Callable[[str], str]


# Builds, in a thread, what a snapshot is looked up in; gives what puts it in use.
Prepare = Callable[[Snapshot], Callable[[], None]]


class Keeper:
    """One worker's keeper: `start`, then `run` until cancelled."""

    def __init__(self, plan: Plan, needs: Needs, prepare: Prepare) -> None:
        self._plan = plan
        self._needs = needs
        self._board = needs.board
        self._prepare = prepare
        self._cache = Cache(tests=False)
        self._seen: tuple[int, int] | None = None
        self._reader: SiteReader | None = None
        self._busy = asyncio.Lock()
        self._settings_file: Content | None = None
        self._kept_files: frozenset[str] = frozenset()
        self._kept_stamps: Mapping[str, Stamp | None] = {}
        self._kept = Kept()
        self.published: Published | None = None
        self.serving = False

    async def start(self, first: Loaded | None = None) -> None:
        """Serve what is published, or `first` when that is the same; nothing yet if it does not compile here.

        Raises `EngineUnavailable` when nothing was published.
        """
        data = self._board.accepted()
        if data is None:
            raise EngineUnavailable("nothing was published to start from")
        if first is not None and first.published.loaded_at == data["loaded_at"]:
            self._cache = first.cache
            self._seen = self._board.published_at()
            await self._serve(first.snapshot, first.published)
        else:
            await self._follow()
        if not self.serving:
            fields = {"error": "what is served elsewhere does not compile here; trying again"}
            self._needs.telemetry.log("error", "nothing to serve", fields)

    @property
    def leads(self) -> bool:
        """Whether this worker does what only one may."""
        return self._reader is not None

    async def run(self) -> None:
        """Lead or follow, for ever."""
        while not self._board.lead():
            await self._outlive(self._follow)
            await self._needs.clock.sleep(FOLLOW_EVERY)
        await self._lead()

    async def reload_now(self) -> Mapping[str, Any]:
        """Read everything anew, whoever leads, and wait for the other workers. Raises `EngineUnavailable`."""
        result = await (self._reload(anew=True) if self._reader else self._ask())
        await self._until(self._all_follow(result["loaded_at"]), WORKERS_FOLLOW_WITHIN)
        return result

    async def _outlive(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """What `work` gives, None when it failed."""
        try:
            return await work()
        except Exception as exc:  # noqa: BLE001  whatever goes wrong here, what is served goes on
            fields = {"error": f"{type(exc).__name__}: {exc}"}
            self._needs.telemetry.log("error", "reload failed", fields)
            self._needs.telemetry.counter(RELOADS, {"result": FAILED}).add()
            return None

    # Leading

    async def _lead(self) -> None:
        assert self.published is not None
        accepted = self.published.accepted
        served = {**accepted.files, **{f"{PROMPTS}/{name}": text for name, text in accepted.prompts.items()}}
        self._reader = SiteReader(self._plan.site, self._plan.settings, served)
        self._kept_stamps = self._stamps()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._for_ever(self._watch, RETRY_EVERY))
            group.create_task(self._for_ever(self._answer_demands, ANSWER_EVERY))
            group.create_task(self._for_ever(self._recover, RETRY_EVERY))
            group.create_task(self._for_ever(self._follow_kept, KEPT_EVERY))

    async def _watch(self) -> None:
        def complain(reason: str) -> None:
            self._needs.telemetry.log("warning", "watch", {"message": reason})

        async with aclosing(changes(self._plan.site, complain)) as listings:
            async for _ in listings:
                while (await self._reload())["result"] == FAILED:
                    await self._needs.clock.sleep(RETRY_EVERY)

    async def _answer_demands(self) -> None:
        for name in self._board.asked():
            self._board.answer(name, await self._reload(anew=True))

    async def _recover(self) -> None:
        """What keeps a site from being served at all may be a secret, which nobody watches."""
        if not self.serving:
            await self._reload(anew=True)

    async def _follow_kept(self) -> None:
        """What is kept of settings may be changed by hand, or by another program."""
        if self._stamps() != self._kept_stamps:
            await self._reload(anew=True)

    def _stamps(self) -> dict[str, Stamp | None]:
        return {file: KeptJson(self._plan.site / file).stamp() for file in self._kept_files}

    async def _for_ever(self, work: Callable[[], Awaitable[None]], every: float) -> None:
        while True:
            await self._outlive(work)
            await self._needs.clock.sleep(every)

    async def _reload(self, *, anew: bool = False) -> dict[str, Any]:
        """Read, decide, publish, swap; what came of it, `{result: failed, …}` in the worst case."""
        assert self.published is not None
        failed = self._result(FAILED, self.published, [])
        return await self._outlive(lambda: self._try_reload(anew)) or failed

    async def _try_reload(self, anew: bool) -> dict[str, Any]:
        assert self._reader is not None and self.published is not None
        async with self._busy:
            began = self._needs.clock.monotonic()
            if anew:
                self._kept_stamps = self._stamps()
            reading = await asyncio.to_thread(self._reader.read_settled, anew=anew)
            self._check_settings(reading)
            before = self.published
            now = self._needs.clock.now()
            result = await _beside(
                reconcile.reload, before.accepted, reading.site, self._needs.secrets, self._cache, now
            )
            published = _published(before, result, now, anew)
            if published != before:
                await _beside(lambda: self._board.publish(to_data(published)))
                self._seen = self._board.published_at()
            fresh = published.loaded_at != before.loaded_at
            await self._serve(result.snapshot if fresh else None, published)
            return self._tell(before, published, (self._needs.clock.monotonic() - began) * 1000)

    def _check_settings(self, reading: Reading) -> None:
        """A change of `proxyctl.yaml` needs a restart; say so, once for each version."""
        if reading.settings_file == self._settings_file:
            return
        self._settings_file = reading.settings_file
        self._kept = kept(reading.settings_file, self._plan, environ, self._needs.secrets)
        self._tell_errors(self._kept.errors)
        if self._kept.notice:
            fields = {"file": FILE, "message": self._kept.notice}
            self._needs.telemetry.log("warning", "settings kept", fields)

    def _tell(self, before: Published, after: Published, ms: float) -> dict[str, Any]:
        moved = _moved(before.accepted.files, after.accepted.files)
        moved += [f"{PROMPTS}/{name}" for name in _moved(before.accepted.prompts, after.accepted.prompts)]
        refused = {
            path: state for path, state in after.rejected.items() if before.rejected.get(path) != state
        }
        mended = sorted(before.rejected.keys() - after.rejected.keys() - set(moved))
        result = ACCEPTED if moved else REJECTED if after.rejected else UNCHANGED
        log = self._needs.telemetry.log
        for state in refused.values():
            self._tell_errors(state.diagnostics)
        if after.loaded_at != before.loaded_at:
            changed = ", ".join(moved[:MAX_TOLD]) or None
            log(
                "info",
                "config accepted",
                {"generation": after.generation, "changed": changed, "ms": round(ms)},
            )
        if mended:
            files = ", ".join(mended[:MAX_TOLD])
            log("info", "config mended", {"files": files, "message": "rejected before; now as it is served"})
        self._needs.telemetry.counter(RELOADS, {"result": REJECTED if refused else result}).add()
        return self._result(result, after, moved)

    def _tell_errors(self, found: Iterable[Diagnostic]) -> None:
        for item in found:
            fields = {"at": str(item.at), "code": item.code, "message": item.message, "hint": item.hint}
            self._needs.telemetry.log("error", "config rejected", fields)

    def _result(self, result: str, served: Published, changed: list[str]) -> dict[str, Any]:
        """What `POST /admin/reload` answers."""
        return {
            "result": result,
            "generation": served.generation,
            "loaded_at": served.loaded_at,
            "changed": changed,
            "rejected": sorted(served.rejected),
            "files": served.files,
            "notices": [self._kept.notice] if self._kept.notice else [],
        }

    # Following

    async def _follow(self) -> None:
        at = self._board.published_at()
        if at is None or (at == self._seen and self.serving):
            return
        published = await asyncio.to_thread(lambda: from_data(self._board.accepted()))
        snapshot = None
        if not self.serving or self.published is None or published.loaded_at != self.published.loaded_at:
            needs = self._needs
            snapshot = await _beside(
                load_accepted,
                published.accepted,
                self._plan.settings,
                needs.secrets,
                needs.clock,
                self._cache,
                partial=not self.serving,
            )
        await self._serve(snapshot, published)
        self._seen = at

    async def _ask(self) -> dict[str, Any]:
        name = self._needs.uid("reload")
        self._board.ask(name)
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            answers.extend(answer for answer in [self._board.take_answer(name)] if answer)
            return bool(answers)

        await self._until(answered, LEADER_ANSWERS_WITHIN)
        if not answers:
            raise EngineUnavailable(
                "no worker leads the reloads now; ask again", code="no_leader", retry_after=1.0
            )
        return answers[0]

    # Both

    async def _serve(self, snapshot: Snapshot | None, published: Published) -> None:
        swap = await _beside(self._prepare, snapshot) if snapshot is not None else None
        self.published = published
        if snapshot is not None and swap is not None:
            swap()
            self.serving = True
            self._kept_files = frozenset(value.file for value in snapshot.values.values())
            self._board.report(snapshot.generation, published.loaded_at)

    def _all_follow(self, loaded_at: float) -> Callable[[], bool]:
        return lambda: all(worker["loaded_at"] >= loaded_at for worker in self._board.workers())

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        deadline = self._needs.clock.monotonic() + seconds
        while not holds() and self._needs.clock.monotonic() < deadline:
            await self._needs.clock.sleep(FOLLOW_EVERY / 4)


async def _beside(work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Do `work` in a thread, so that requests hardly feel it, and leave no free memory behind."""

    def undisturbed_work() -> T:
        try:
            with undisturbed():
                return work(*arguments, **named)
        finally:
            give_back()

    return await asyncio.to_thread(undisturbed_work)


def _published(before: Published, result: Reloaded, now: float, anew: bool) -> Published:
    """What is served after a reload. Secrets are no part of the texts, so `anew` always counts as loaded."""
    if result.snapshot is None:
        return Published(before.generation, before.loaded_at, result.accepted)
    fresh = result.changed or anew
    return Published(result.snapshot.generation, now if fresh else before.loaded_at, result.accepted)


def _moved(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
