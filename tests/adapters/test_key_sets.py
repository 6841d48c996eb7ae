from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import httpx
import pytest

from engine.adapters.key_sets import FETCH_APART, KeySets, Unfit, keys_of
from tests.server.running import Lines

URL = "https://issuer.test/keys"
ONE, TWO = {"kty": "oct", "kid": "1"}, {"kty": "oct", "kid": "2"}


class Time:
    """Implements `ports.Clock`; waiting moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept = 0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept += 1
        await asyncio.sleep(0)


class Issuer:
    """Answers like an issuer; `answer` may be changed."""

    def __init__(self) -> None:
        self.answer = httpx.Response(200, json={"keys": [ONE]})
        self.asked = 0
        self.fails = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.asked += 1
        if self.fails:
            raise httpx.ConnectError("away")
        return self.answer


class Bench:
    def __init__(self, site: Path) -> None:
        self.clock, self.lines, self.issuer, self.site = Time(), Lines(), Issuer(), site
        self.sets = KeySets(site, self.clock, self.lines, httpx.MockTransport(self.issuer))

    def warnings(self) -> list[object]:
        return [fields["error"] for level, _, fields in self.lines.lines if level == "warning"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_keys_of_a_url_are_fetched_and_kept(bench: Bench) -> None:
    bench.sets.retain([URL])
    assert bench.sets.keys(URL) is None and bench.sets.may_refresh(URL)
    await bench.sets.refresh(URL)
    assert (bench.sets.keys(URL), bench.sets.version, bench.issuer.asked) == ([ONE], 1, 1)
    assert not bench.sets.may_refresh(URL)
    bench.clock.seconds += FETCH_APART
    assert bench.sets.may_refresh(URL)


async def test_many_that_wait_are_one_fetch(bench: Bench) -> None:
    await asyncio.gather(*(bench.sets.refresh(URL) for _ in range(20)))
    assert bench.issuer.asked == 1 and bench.sets.keys(URL) == [ONE]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(500), "answered with status 500"),
        (httpx.Response(302, headers={"location": "https://evil.test"}), "answered with status 302"),
        (httpx.Response(200, text="<html>"), "is not JSON"),
        (httpx.Response(200, json=[1]), "is no set of keys: an object with a list `keys`"),
        (httpx.Response(200, text="[" * 100_000), "is not JSON"),
        (httpx.Response(200, content=b" " * (2 << 20)), "is larger than 1048576 bytes"),
    ],
)
async def test_keys_stay_when_a_fetch_fails(bench: Bench, answer: httpx.Response, reason: str) -> None:
    await bench.sets.refresh(URL)
    bench.issuer.answer = answer
    await bench.sets.refresh(URL)
    await bench.sets.refresh(URL)
    assert (bench.sets.keys(URL), bench.sets.version) == ([ONE], 1)
    assert bench.warnings() == [reason]  # once, not each time


async def test_an_issuer_that_is_away_leaves_the_keys_that_there_are(bench: Bench) -> None:
    bench.issuer.fails = True
    await bench.sets.refresh(URL)
    assert bench.sets.keys(URL) is None and bench.warnings() == ["ConnectError"]
    bench.issuer.fails = False
    await bench.sets.refresh(URL)
    assert bench.sets.keys(URL) == [ONE]


async def test_a_url_is_looked_at_again_when_its_answer_says_so(bench: Bench) -> None:
    bench.issuer.answer = httpx.Response(
        200, json={"keys": [ONE]}, headers={"cache-control": "public, max-age=120"}
    )
    bench.sets.retain([URL])
    task = asyncio.ensure_future(bench.sets.run())
    while bench.clock.seconds < 1000 + 300:
        await asyncio.sleep(0)
    task.cancel()
    assert bench.issuer.asked == 3


async def test_a_file_is_read_again_when_it_changes(bench: Bench) -> None:
    source, path = "file:keys.json", bench.site / "keys.json"
    path.write_text(json.dumps({"keys": [ONE]}))
    bench.sets.retain([source])
    task = asyncio.ensure_future(bench.sets.run())
    while bench.sets.keys(source) != [ONE]:
        await asyncio.sleep(0)
    fresh = bench.site / "fresh"
    fresh.write_text(json.dumps({"keys": [ONE, TWO]}))
    os.replace(fresh, path)
    while bench.sets.keys(source) != [ONE, TWO]:
        await asyncio.sleep(0)
    version = bench.sets.version
    path.unlink()
    slept = bench.clock.slept
    while bench.clock.slept < slept + 3:
        await asyncio.sleep(0)
    task.cancel()
    assert (bench.sets.keys(source), bench.sets.version) == ([ONE, TWO], version)
    assert bench.warnings() == ["FileNotFoundError"]


async def test_what_no_site_names_any_more_is_forgotten(bench: Bench) -> None:
    await bench.sets.refresh(URL)
    bench.sets.retain([])
    assert bench.sets.keys(URL) is None


def test_keys_that_encrypt_are_left_out() -> None:
    assert keys_of(json.dumps({"keys": [ONE, {**TWO, "use": "enc"}, "odd", {**TWO, "use": "sig"}]}).encode()) == [
        ONE, {**TWO, "use": "sig"},
    ]  # fmt: skip
    with pytest.raises(Unfit, match="no set of keys"):
        keys_of(b"{}")
