"""One worker renews what ends and probes what was refused; trouble is told, retried less and less, never lost."""

from __future__ import annotations

import math
from typing import Any

from engine.server.vault.errands import FIRST_PAUSE, Errands
from tests.gateway.playbook import EPOCH, Json, Status
from tests.server.vaulted import Vaulted

PLACE = ("acquired", "me")
FRESH = Json({"access_token": "at-secret-2", "refresh_token": "rt-secret-2", "expires_in": 3600})


async def stored(vaulted: Vaulted, **more: Any) -> Errands:
    given = {
        "pool": "acquired",
        "id": "me",
        "key": "at-secret-1",
        "refresh_token": "rt-secret-1",
        "provider": "p",
    }
    await vaulted.treasury.add({**given, "expires": EPOCH + 1000, **more}, "tests")
    return Errands(vaulted.treasury, vaulted.lines)


async def look(errands: Errands) -> None:
    errands.look()
    await errands.settled()


async def test_renewed_ahead_of_its_end(vaulted: Vaulted) -> None:
    errands = await stored(vaulted)
    vaulted.wait(699)
    await look(errands)
    assert vaulted.upstream.calls == [], "five minutes before its end, and not earlier"
    vaulted.wait(1)
    vaulted.upstream.script = [FRESH]
    await look(errands)
    found = vaulted.treasury.find(PLACE)
    assert (found.key, found.data["refresh_token"], found.expires) == (
        "at-secret-2", "rt-secret-2", EPOCH + 700 + 3600,
    )  # fmt: skip
    await look(errands)
    assert len(vaulted.upstream.calls) == 1
    assert vaulted.lines.of("credential refreshed")[0]["credential"] == "me"
    assert "secret" not in str(vaulted.lines.lines)


async def test_a_refusal_is_told_and_tried_less_and_less(vaulted: Vaulted) -> None:
    errands = await stored(vaulted)
    vaulted.wait(700)
    asked = []
    for _ in range(200):
        vaulted.upstream.script = [
            Status(400, {"error": "invalid_grant", "error_description": "rt-secret-1 is used"})
        ]
        before = len(vaulted.upstream.calls)
        await look(errands)
        if len(vaulted.upstream.calls) > before:
            asked.append(vaulted.clock.now() - EPOCH - 700)
        vaulted.wait(5)
    assert asked == [0, 30, 90, 210, 450, 930]
    assert vaulted.rows[PLACE]["problem"] == "*** is used"
    assert vaulted.treasury.find(PLACE).key == "at-secret-1"
    assert "secret" not in str(vaulted.lines.lines)
    vaulted.upstream.script = [FRESH]
    vaulted.wait(1000)
    await look(errands)
    assert (vaulted.rows[PLACE]["problem"], vaulted.treasury.find(PLACE).key) == (None, "at-secret-2")


async def test_one_that_was_taken_back_is_renewed_early_but_not_again_and_again(vaulted: Vaulted) -> None:
    errands = await stored(vaulted, expires=EPOCH + 90_000)
    group = vaulted.snapshot.pools["acquired"].counted.refusals
    asked = []
    for _ in range(100):
        vaulted.counters.mark(group, vaulted.treasury.find(PLACE).stamp, vaulted.clock.now() + 300)
        number = len(vaulted.upstream.calls)
        token = {"access_token": f"at-secret-{number}", "expires_in": 90_000}
        vaulted.upstream.script = [Json(token)]
        await look(errands)
        if len(vaulted.upstream.calls) > number:
            asked.append(vaulted.clock.now() - EPOCH)
        vaulted.wait(15)
    assert asked == [0, 600, 1200]


async def test_nobody_else_renews_meanwhile(vaulted: Vaulted) -> None:
    errands = await stored(vaulted)
    vaulted.wait(700)
    vaulted.rows[PLACE]["lease"] = vaulted.clock.now() + 10
    await look(errands)
    assert vaulted.upstream.calls == []
    vaulted.upstream.script = [FRESH]
    vaulted.wait(FIRST_PAUSE)
    await look(errands)
    assert vaulted.treasury.find(PLACE).key == "at-secret-2"


async def test_what_cannot_be_stored_is_not_lost(vaulted: Vaulted) -> None:
    errands = await stored(vaulted)
    vaulted.wait(700)
    vaulted.away = True
    await look(errands)
    assert vaulted.upstream.calls == [], "without the lease nothing is asked"
    vaulted.away = False
    vaulted.upstream.script = [FRESH]
    ask = vaulted.treasury.ask

    async def leave_after_the_lease(verb: str, args: Any) -> Any:
        result = await ask(verb, args)
        vaulted.away = verb == "credentials.lease"
        return result

    object.__setattr__(vaulted.treasury, "ask", leave_after_the_lease)
    vaulted.wait(60)
    await look(errands)
    assert vaulted.treasury.find(PLACE).key == "at-secret-1"
    object.__setattr__(vaulted.treasury, "ask", ask)
    vaulted.away = False
    await look(errands)
    assert vaulted.treasury.find(PLACE).key == "at-secret-2"
    assert len(vaulted.upstream.calls) == 1


async def test_what_has_no_login_or_no_end_is_left_alone(vaulted: Vaulted) -> None:
    errands = await stored(vaulted, provider=None)
    await stored(vaulted, id="endless", expires=None)
    await stored(vaulted, id="gone", provider="another")
    vaulted.wait(5000)
    await look(errands)
    assert vaulted.upstream.calls == []
    vaulted.served = None
    await look(errands)


async def test_a_refused_key_is_probed_until_it_works(vaulted: Vaulted) -> None:
    pool, place = vaulted.snapshot.pools["written"], ("written", "declared")
    group, stamp = pool.counted.refusals, vaulted.treasury.find(place).stamp
    errands = Errands(vaulted.treasury, vaulted.lines)
    await look(errands)
    vaulted.counters.mark(group, stamp, math.inf)
    await look(errands)
    assert vaulted.upstream.calls == [], "not before its time"
    vaulted.wait(60)
    vaulted.upstream.script = [Status(401, {"error": "no written-key-1"})]
    await look(errands)
    await look(errands)
    assert stamp in vaulted.counters.marks(group)
    assert vaulted.lines.of("probe failed")[0]["error"] == "no ***"
    vaulted.wait(60)
    vaulted.upstream.script = [Json({"models": []})]
    await look(errands)
    assert stamp not in vaulted.counters.marks(group)
    assert [call.url for call in vaulted.upstream.calls] == ["https://w.test/models"] * 2
    vaulted.wait(600)
    await look(errands)
    assert len(vaulted.upstream.calls) == 2


async def test_no_pool_is_probed_unless_its_site_says_so(vaulted: Vaulted) -> None:
    errands = await stored(vaulted, provider=None)
    vaulted.counters.mark(
        vaulted.snapshot.pools["acquired"].counted.refusals, vaulted.treasury.find(PLACE).stamp, math.inf
    )
    vaulted.wait(600)
    await look(errands)
    vaulted.wait(60)
    await look(errands)
    assert vaulted.upstream.calls == []
