"""Selection, rotation and who is in turn, as operators see and say it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.config.site import SiteFiles
from engine.errors import EngineError
from engine.gateway.keys import ranking
from engine.server.vault.pools import Current, Pools
from engine.snapshot.compile import compile_site
from tests.gateway.playbook import Environment
from tests.server.vaulted import Vaulted

SITE = """
version: 1
providers:
  up: {dialect: openai, base_url: "https://up.test", pool: turning}
  any: {dialect: openai, base_url: "https://up.test", pool: chance}
pools:
  turning: {strategy: rotate, every: 2, credentials: [{id: a, key: key-a}, {id: b, key: key-b}, {id: c, key: key-c}]}
  chance: {strategy: random, credentials: [{id: a, key: key-a}, {id: b, key: key-b}]}
  empty: {credentials: []}
"""


@pytest.fixture
def pools(vaulted: Vaulted) -> Pools:
    made = compile_site(SiteFiles({"routes.d/a.yaml": SITE.encode()}), Environment({})).snapshot
    assert made is not None
    vaulted.snapshot = vaulted.served = made
    return Pools(vaulted.treasury)


def used(pools: Pools, times: int = 1) -> str:
    """Who is used by so many requests."""
    pool = pools.treasury.pool("turning")
    return "".join(next(ranking(pools.treasury.outside, pool, "m").ready).id for _ in range(times))


def current(pools: Pools, name: str = "turning") -> Current:
    return Current(**pools.one(name)["current"])


async def test_who_is_in_turn(pools: Pools) -> None:
    assert current(pools) == ("rotate", "a", 0)
    assert used(pools, 3) == "aab"
    assert current(pools) == ("rotate", "b", 1)
    assert current(pools, "chance") == ("random", None, None)
    assert current(pools, "empty") == ("none", None, None)
    assert [each["pool"] for each in pools.all()] == ["chance", "empty", "turning"]
    assert pools.one("turning")["providers"] == ["up"]


async def test_selected_until_auto(pools: Pools, vaulted: Vaulted) -> None:
    told = await pools.select(("turning", "c"), "tests")
    assert (told["selected"], told["current"]["rule"], used(pools, 3)) == ("c", "selected", "ccc")
    vaulted.counters.mark(pools.treasury.pool("turning").counted.rests, "c", vaulted.clock.now() + 60)
    assert current(pools) == ("rotate", "a", 0), "it rests, so rotation goes on"
    assert used(pools, 3) == "aab"
    vaulted.wait(61)
    assert used(pools) == "c"
    await pools.auto("turning", "tests")
    assert used(pools, 2) == "bc"
    assert vaulted.noted == [("pool: selected c", "turning"), ("pool: selection ended", "turning")]
    with pytest.raises(EngineError, match="no credential 'x'"):
        await pools.select(("turning", "x"), "tests")


async def test_rotation_off_stays_and_on_goes_on(pools: Pools, vaulted: Vaulted) -> None:
    assert used(pools, 3) == "aab"
    told = await pools.rotation("turning", {"on": False}, "tests")
    assert (told["rotation"], told["current"]) == (False, {"rule": "fixed", "id": "b", "uses": None})
    assert used(pools, 4) == "bbbb"
    assert (await pools.rotation("turning", {"on": None}, "tests"))["rotation"] is True
    assert used(pools, 2) == "bc"
    assert (await pools.rotation("turning", {"every": 1}, "tests"))["every"] == 1
    assert (await pools.rotation("turning", {"every": 0}, "tests"))["every"] == 0
    assert used(pools, 3) == "aaa"
    assert (await pools.rotation("turning", {"every": None}, "tests"))["every"] == 2


@pytest.mark.parametrize(
    ("pool", "given", "said"),
    [
        ("turning", {"on": "no"}, "true or false"),
        ("turning", {"every": -1}, "from 0"),
        ("turning", {"every": True}, "from 0"),
        ("turning", {"off": True}, "unknown key 'off'"),
        ("turning", {}, "nothing is said"),
        ("chance", {"every": 3}, "its strategy is 'random'"),
        ("nope", {"on": True}, "no pool 'nope'"),
    ],
)
async def test_refused(pools: Pools, pool: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(EngineError, match=said):
        await pools.rotation(pool, given, "tests")


async def test_it_can_be_said_while_the_database_is_away(pools: Pools, vaulted: Vaulted) -> None:
    vaulted.away = True
    await pools.select(("turning", "b"), "tests")
    assert used(pools) == "b"
    assert vaulted.lines.of("audit row lost")[0]["what"] == "pool: selected b"
