"""What operators do with credentials: stored encrypted, refused in words, tried against the platform."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import EngineError
from tests.gateway.playbook import Json, Status
from tests.server.vaulted import Vaulted

ONE = {"pool": "acquired", "id": "me", "key": "sk-secret-123456"}


async def test_added_and_found(vaulted: Vaulted) -> None:
    given = {
        **ONE,
        "region": "eu",
        "weight": 2,
        "models": "m-*",
        "limits": {"rpm": 5},
        "expires": "2030-01-01",
    }
    assert await vaulted.treasury.add(given, "tests") == ("acquired", "me")
    (row,) = vaulted.rows.values()
    assert "secret" not in str(row)
    assert (row["weight"], row["models"], row["limits"], row["who"]) == (2.0, ["m-*"], {"rpm": 5}, "tests")
    found = vaulted.treasury.find(("acquired", "me"))
    assert (found.key, found.data["region"], found.expires) == ("sk-secret-123456", "eu", 1893456000.0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"pool": "nope"}, "no_such_pool"),
        ({"pool": None}, "missing_required_parameter"),
        ({"id": ""}, "missing_required_parameter"),
        ({"id": "declared", "pool": "written"}, "already_there"),
        ({"key": 5}, "no_key"),
        ({"key": None}, "no_key"),
        ({"weight": -1}, "invalid_value"),
        ({"weight": True}, "invalid_value"),
        ({"models": []}, "invalid_value"),
        ({"limits": {"rpm": 0}}, "bad_limits"),
        ({"expires": "soon"}, "invalid_value"),
    ],
)
async def test_refused(vaulted: Vaulted, given: dict[str, Any], code: str) -> None:
    with pytest.raises(EngineError) as caught:
        await vaulted.treasury.add({**ONE, **given}, "tests")
    assert caught.value.info.code == code
    assert vaulted.rows == {} and "secret" not in str(caught.value)


async def test_tried(vaulted: Vaulted) -> None:
    vaulted.upstream.script = [Json({"models": []}), Status(401, {"error": "who is written-key-1"})]
    assert await vaulted.treasury.test(("written", "declared")) == "w"
    assert vaulted.upstream.calls[-1].url == "https://w.test/models"
    with pytest.raises(EngineError, match="who is") as caught:
        await vaulted.treasury.test(("written", "declared"))
    assert "written-key-1" not in str(caught.value)
    with pytest.raises(EngineError, match="no operation 'nope'"):
        await vaulted.treasury.test(("written", "declared"), "nope")
    with pytest.raises(EngineError, match="no credential 'x'"):
        await vaulted.treasury.test(("written", "x"))
    with pytest.raises(EngineError, match="no provider uses"):
        await vaulted.treasury.test(("unused", "u"))


async def test_switched_off_and_on(vaulted: Vaulted) -> None:
    place = ("written", "declared")
    await vaulted.treasury.disable(place, "leaked", "tests")
    assert vaulted.rows[place]["disabled"] == "leaked"
    await vaulted.treasury.enable(place, "tests")
    assert (vaulted.rows[place]["disabled"], vaulted.rows[place]["enabled"]) == (None, vaulted.clock.now())
    with pytest.raises(EngineError, match="no credential"):
        await vaulted.treasury.disable(("written", "x"), "", "tests")
    with pytest.raises(EngineError, match="no credential"):
        await vaulted.treasury.enable(("written", "x"), "tests")


async def test_renewed_only_in_the_place_of_what_it_was(vaulted: Vaulted) -> None:
    place = await vaulted.treasury.add(ONE, "tests")
    before = vaulted.rows[place]["data"]
    fields = {"id": "me", "key": "sk-secret-654321", "expires": 9.0}
    assert await vaulted.treasury.renew(place, before, fields)
    assert not await vaulted.treasury.renew(place, before, fields)
    assert (vaulted.treasury.find(place).key, vaulted.rows[place]["expires"]) == ("sk-secret-654321", 9.0)
    await vaulted.treasury.delete(place, "tests")
    assert vaulted.rows == {}


async def test_before_anything_is_served(vaulted: Vaulted) -> None:
    vaulted.served = None
    with pytest.raises(EngineError, match="nothing is served"):
        vaulted.treasury.pool("acquired")
    vaulted.served = vaulted.snapshot
    with pytest.raises(EngineError, match="no provider 'nope'"):
        vaulted.treasury.provider("nope")
