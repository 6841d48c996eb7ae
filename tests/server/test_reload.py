"""Keepers on a real site: one leads, the others follow, and nothing that goes wrong ends it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.clock import SystemClock
from engine.adapters.secrets import SiteSecrets
from engine.errors import EngineUnavailable
from engine.server import published, reload
from engine.server.board import Board
from engine.server.reload import Keeper, Needs
from engine.server.startup import Loaded, Plan, first_load
from engine.snapshot.model import Snapshot
from engine.spec.settings import Settings
from tests.server.running import CountedIds, Lines, eventually
from tests.server.serving import SITE, one_model


@dataclass
class Worker:
    keeper: Keeper
    board: Board
    telemetry: Lines
    swapped: list[Snapshot] = field(default_factory=list)

    @property
    def models(self) -> set[str]:
        return set(self.swapped[-1].aliases.names())

    def state(self, file: str) -> str | None:
        known = self.keeper.published
        state = known.accepted.states.get(file) if known else None
        return state.state if state else None


class Site:
    """A site's directory, its run directory, and the workers on it."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path / "site"
        self.run_dir = tmp_path / "run"
        (self.path / "routes.d").mkdir(parents=True)
        self.write("a", SITE)
        self.plan = Plan(self.path, Settings())
        self.board = Board(self.run_dir)
        self.board.prepare()
        self.first = self.load()

    def load(self) -> Loaded:
        loaded = first_load(self.plan, SiteSecrets(self.path), SystemClock(), allow_partial=False)
        self.board.publish(published.to_data(loaded.published))
        return loaded

    def write(self, name: str, text: str) -> None:
        (self.path / "routes.d" / f"{name}.yaml").write_text(text)

    @asynccontextmanager
    async def worker(self, pid: int, first: Loaded | None = None) -> AsyncIterator[Worker]:
        board, telemetry, swapped = Board(self.run_dir), Lines(), []
        board.pid = pid
        secrets = SiteSecrets(self.path)
        needs = Needs(board, secrets, SystemClock(), telemetry, CountedIds().uid)
        keeper = Keeper(self.plan, needs, lambda snapshot: partial(swapped.append, snapshot))
        await keeper.start(first)
        task = asyncio.ensure_future(keeper.run())
        try:
            yield Worker(keeper, board, telemetry, swapped)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            board.step_down()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make the living of the board those who reported, since the workers here are no processes."""
    monkeypatch.setattr("engine.server.board._alive", lambda pid: True)
    return lambda: None


async def test_what_a_snapshot_is_looked_up_in_is_built_beside_the_event_loop(site: Site) -> None:
    prepared: list[bool] = []

    def prepare(snapshot: Snapshot) -> Callable[[], None]:
        prepared.append(threading.current_thread() is threading.main_thread())
        return lambda: prepared.append(threading.current_thread() is threading.main_thread())

    needs = Needs(site.board, SiteSecrets(site.path), SystemClock(), Lines(), CountedIds().uid)
    await Keeper(site.plan, needs, prepare).start(site.first)
    assert prepared == [False, True]


async def test_a_leader_serves_an_edit_and_tells_of_it(site: Site) -> None:
    async with site.worker(1, site.first) as one:
        assert one.swapped == [site.first.snapshot]
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in one.models)
        told = one.telemetry.of("config accepted")[-1]
        assert told["changed"] == "routes.d/b.yaml" and told["generation"] == one.swapped[-1].generation
        assert one.board.accepted()["generation"] == one.swapped[-1].generation


async def test_a_bad_edit_is_told_and_not_served(site: Site) -> None:
    async with site.worker(1, site.first) as one:
        site.write("b", "models: [")
        await eventually(lambda: one.state("routes.d/b.yaml") == "rejected")
        told = one.telemetry.of("config rejected")
        assert str(told[0]["at"]).startswith("routes.d/b.yaml:") and told[0]["code"] and told[0]["message"]
        assert len(one.swapped) == 1 and one.models == {"fast", "slow"}
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in one.models)
        assert one.state("routes.d/b.yaml") == "active"


@pytest.mark.parametrize("mended", ["gone", "as it was"])
async def test_that_a_bad_edit_is_taken_back_is_told(site: Site, mended: str) -> None:
    async with site.worker(1, site.first) as one:
        name = "b" if mended == "gone" else "a"
        file = site.path / "routes.d" / f"{name}.yaml"
        good = None if mended == "gone" else file.read_text()
        site.write(name, "models: [")
        await eventually(lambda: one.state(f"routes.d/{name}.yaml") == "rejected")
        assert one.telemetry.of("config mended") == []
        if good is None:
            file.unlink()
        else:
            file.write_text(good)
        await eventually(lambda: bool(one.telemetry.of("config mended")))
        assert one.telemetry.of("config mended")[0]["files"] == f"routes.d/{name}.yaml"
        assert len(one.swapped) == 1


async def test_a_follower_serves_what_the_leader_published(site: Site) -> None:
    async with site.worker(1, site.first) as leader, site.worker(2) as follower:
        assert follower.swapped[0].generation == site.first.snapshot.generation
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in follower.models and "extra" in leader.models)
        assert follower.swapped[-1].generation == leader.swapped[-1].generation
        site.write("c", "models: [")
        await eventually(lambda: follower.state("routes.d/c.yaml") == "rejected")
        assert len(follower.swapped) == 2


async def test_a_follower_takes_over(site: Site) -> None:
    async with site.worker(2) as follower:
        async with site.worker(1, site.first):
            pass
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in follower.models)


async def test_a_reload_can_be_asked_of_a_follower(site: Site, at_once: Callable[[], None]) -> None:
    async with site.worker(1, site.first) as leader, site.worker(2) as follower:
        site.write("b", one_model("extra"))
        result = await follower.keeper.reload_now()
        assert "extra" in leader.models and "extra" in follower.models
        assert result["generation"] == follower.swapped[-1].generation
        again = await follower.keeper.reload_now()
        assert (again["result"], again["changed"]) == ("unchanged", [])


async def test_a_reload_on_demand_reads_secrets_anew_in_every_worker(
    site: Site, at_once: Callable[[], None]
) -> None:
    site.write(
        "k", "version: 1\nproviders: {k: {dialect: mock, base_url: 'scripted:', key: '${file:key}'}}\n"
    )
    (site.path / "key").write_text("key-number-one")
    first = site.load()

    def key_of(worker: Worker) -> str | None:
        pool = worker.swapped[-1].providers["k"].pool
        return pool.credentials[0].key if pool else None

    async with site.worker(1, first) as leader, site.worker(2) as follower:
        assert key_of(leader) == key_of(follower) == "key-number-one"
        (site.path / "key").write_text("key-number-two")
        await leader.keeper.reload_now()
        await eventually(lambda: key_of(leader) == key_of(follower) == "key-number-two")


async def test_without_a_leader_a_demand_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "LEADER_ANSWERS_WITHIN", 0.05)
    assert site.board.lead()
    async with site.worker(2) as follower:
        with pytest.raises(EngineUnavailable, match="no worker leads"):
            await follower.keeper.reload_now()
    site.board.step_down()


async def test_a_fault_in_a_reload_ends_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with site.worker(1, site.first) as one:
        await eventually(lambda: one.telemetry.counts.get(reload.RELOADS, 0) >= 1)
        good = reload.reconcile.reload

        def fails(*_: object) -> None:
            raise MemoryError("a fault")

        monkeypatch.setattr(reload.reconcile, "reload", fails)
        assert (await one.keeper.reload_now())["result"] == "failed"
        assert "a fault" in str(one.telemetry.of("reload failed")[0]["error"])
        monkeypatch.setattr(reload.reconcile, "reload", good)
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in one.models)


async def test_boot_settings_are_told_once_and_kept(site: Site) -> None:
    async with site.worker(1, site.first) as one:
        (site.path / "proxyctl.yaml").write_text("listen: {port: 1}\n")
        await eventually(lambda: bool(one.telemetry.of("settings kept")))
        await one.keeper.reload_now()
        assert len(one.telemetry.of("settings kept")) == 1


async def test_nothing_to_start_from(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.prepare()
    needs = Needs(board, SiteSecrets(tmp_path), SystemClock(), Lines(), CountedIds().uid)
    with pytest.raises(EngineUnavailable, match="nothing was published"):
        await Keeper(Plan(tmp_path, Settings()), needs, lambda _: lambda: None).start()


async def test_a_change_of_boot_settings_is_told_wherever_somebody_looks(site: Site) -> None:
    async with site.worker(1, site.first) as one:
        (site.path / "proxyctl.yaml").write_text("workers: 3\n")
        await eventually(lambda: bool(one.telemetry.of("settings kept")))
        assert (await one.keeper.reload_now())["notices"] == [
            "boot settings changed (workers); restart to use them"
        ]
        (site.path / "proxyctl.yaml").write_text("workers: [\n")
        await eventually(lambda: bool(one.telemetry.of("config rejected")))
        (site.path / "proxyctl.yaml").unlink()
        assert (await one.keeper.reload_now())["notices"] == []


async def test_a_reload_that_failed_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "RETRY_EVERY", 0.01)
    async with site.worker(1, site.first) as one:
        publish, failures = one.board.publish, iter([OSError("disk full"), OSError("disk full")])

        def sometimes(data: object) -> None:
            for failure in failures:
                raise failure
            publish(data)

        monkeypatch.setattr(one.board, "publish", sometimes)
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in one.models)
        assert len(one.telemetry.of("reload failed")) == 2


async def test_what_goes_wrong_in_watching_ends_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "RETRY_EVERY", 0.01)
    watch, faults = reload.changes, iter([RuntimeError("a fault")])

    def sometimes(*args: Any) -> Any:
        for fault in faults:
            raise fault
        return watch(*args)

    monkeypatch.setattr(reload, "changes", sometimes)
    async with site.worker(1, site.first) as one:
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in one.models)
        assert "a fault" in str(one.telemetry.of("reload failed")[0]["error"])


CLIENTS = 'version: 1\nclients: {web: {key: "${file:secret}"}}\n'


async def test_a_secret_that_goes_away_is_told_and_the_last_one_goes_on(site: Site, at_once: object) -> None:
    (site.path / "secret").write_text("one")
    site.write("c", CLIENTS)
    async with site.worker(1, site.load()) as one, site.worker(2) as two:
        (site.path / "secret").unlink()
        result = await one.keeper.reload_now()
        assert result["rejected"] == ["routes.d/c.yaml"]
        assert all(worker.swapped[-1].clients for worker in (one, two))
        site.write("b", one_model("extra"))
        await eventually(lambda: "extra" in one.models and "extra" in two.models)
        assert all(worker.swapped[-1].clients for worker in (one, two))
        (site.path / "secret").write_text("two")
        result = await one.keeper.reload_now()
        assert result["rejected"] == [] and len(two.swapped) == len(one.swapped)


async def test_without_its_clients_nothing_is_served(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "RETRY_EVERY", 0.01)
    (site.path / "secret").write_text("one")
    site.write("c", CLIENTS)
    site.load()
    (site.path / "secret").unlink()
    async with site.worker(1) as one:
        assert not one.keeper.serving and one.swapped == []
        (site.path / "secret").write_text("two")
        await eventually(lambda: one.keeper.serving)
        assert one.swapped[-1].clients
