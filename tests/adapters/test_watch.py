from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import watchfiles

from engine.adapters.listing import Listing
from engine.adapters.watch import changes

PATIENCE = 5.0
NEVER = 3600.0


@pytest.fixture
def site(tmp_path: Path) -> Path:
    routes = tmp_path / "site" / "routes.d"
    routes.mkdir(parents=True)
    (routes / "a.yaml").write_text("version: 1\n")
    return tmp_path / "site"


class Watched:
    """The latest listing that the watcher told of."""

    def __init__(self) -> None:
        self.latest: Listing | None = None
        self.told = asyncio.Event()

    async def until(self, holds: Callable[[Listing], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.latest is None or not holds(self.latest):
                self.told.clear()
                await self.told.wait()


@asynccontextmanager
async def watching(site: Path, poll: float = NEVER) -> AsyncIterator[Watched]:
    seen, complaints = Watched(), []

    async def follow() -> None:
        async with aclosing(changes(site, complaints.append, poll)) as found:
            async for listing in found:
                seen.latest = listing
                seen.told.set()

    task = asyncio.ensure_future(follow())
    await seen.until(lambda _: True)
    yield seen
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def has(name: str) -> Callable[[Listing], bool]:
    return lambda listing: name in listing.files


def lacks(name: str) -> Callable[[Listing], bool]:
    return lambda listing: name not in listing.files


async def test_a_file_written_in_place(site: Path) -> None:
    async with watching(site) as seen:
        (site / "routes.d" / "a.yaml").write_text("version: 1\n# more\n")
        await seen.until(lambda listing: _size(listing, "routes.d/a.yaml") == 18)


async def test_a_file_renamed_over_another(site: Path) -> None:
    async with watching(site) as seen:
        (site / "routes.d" / ".tmp").write_text("version: 1\n# new\n")
        os.replace(site / "routes.d" / ".tmp", site / "routes.d" / "a.yaml")
        await seen.until(lambda listing: _size(listing, "routes.d/a.yaml") == 17)


async def test_a_new_directory_and_what_is_put_into_it_later(site: Path) -> None:
    async with watching(site) as seen:
        (site / "routes.d" / "team").mkdir()
        (site / "routes.d" / "team" / "b.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/team/b.yaml"))
        (site / "routes.d" / "team" / "c.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/team/c.yaml"))


async def test_the_directory_is_removed_and_made_again(site: Path) -> None:
    async with watching(site) as seen:
        shutil.rmtree(site / "routes.d")
        await seen.until(lacks("routes.d/a.yaml"))
        (site / "routes.d").mkdir()
        (site / "routes.d" / "a.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/a.yaml"))
        (site / "routes.d" / "b.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/b.yaml"))


async def test_a_configmap_swap(site: Path) -> None:
    mount = site / "routes.d"
    (mount / "a.yaml").unlink()
    for version in ("..v1", "..v2"):
        (mount / version).mkdir()
        (mount / version / "a.yaml").write_text(f"version: 1 # {version * int(version[-1])}\n")
    (mount / "..data").symlink_to("..v1")
    (mount / "a.yaml").symlink_to("..data/a.yaml")
    async with watching(site) as seen:
        (mount / "..data_tmp").symlink_to("..v2")
        os.replace(mount / "..data_tmp", mount / "..data")
        await seen.until(lambda listing: _size(listing, "routes.d/a.yaml") == 22)


async def test_a_link_to_a_directory_elsewhere(site: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (site / "routes.d" / "shared").symlink_to(tmp_path / "shared")
    async with watching(site) as seen:
        (tmp_path / "shared" / "x.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/shared/x.yaml"))


async def test_polling_does_what_the_notices_cannot(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object, **__: object) -> None:
        raise OSError("no inotify watches left")

    monkeypatch.setattr(watchfiles, "awatch", none_left)
    async with watching(site, poll=0.02) as seen:
        (site / "routes.d" / "b.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/b.yaml"))


async def test_a_site_that_is_not_there_yet(tmp_path: Path) -> None:
    async with watching(tmp_path / "later", poll=0.02) as seen:
        (tmp_path / "later" / "routes.d").mkdir(parents=True)
        (tmp_path / "later" / "routes.d" / "a.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/a.yaml"))


async def test_a_database_beside_the_routes_is_no_change(site: Path) -> None:
    async with watching(site) as seen:
        (site / "proxyctl.db").write_bytes(b"x" * 100)
        (site / "routes.d" / "b.yaml").write_text("version: 1\n")
        await seen.until(has("routes.d/b.yaml"))
        assert seen.latest is not None and "proxyctl.db" not in seen.latest.files


def _size(listing: Listing, name: str) -> int:
    stamp = listing.files[name].stamp if name in listing.files else None
    return stamp.size if stamp else -1
