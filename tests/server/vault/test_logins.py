"""Logins are kept between their calls, by whichever worker; few, not for ever, and unreadable on the disk."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError
from engine.server.vault import logins as module
from engine.server.vault.logins import Logins
from tests.gateway.playbook import Json, Status
from tests.server.vaulted import Vaulted

STARTED = Json(
    {"device_code": "dev-secret-1", "user_code": "AB-CD", "verification_uri": "https://x.test", "interval": 5,
     "expires_in": 600}
)  # fmt: skip
TOKEN = Json({"access_token": "at-secret-1", "refresh_token": "rt-secret-1", "expires_in": 3600})


@pytest.fixture
def kept(vaulted: Vaulted, tmp_path: Path) -> Logins:
    return Logins(vaulted.treasury, tmp_path / "logins")


async def begin(vaulted: Vaulted, kept: Logins, **more: Any) -> str:
    vaulted.upstream.script = [STARTED]
    told = await kept.start("p", **more)
    assert (told["link"], told["code"], told["every"]) == ("https://x.test", "AB-CD", 5.0)
    vaulted.wait(5)
    return str(told["login"])


async def test_from_beginning_to_end_over_several_workers(
    vaulted: Vaulted, kept: Logins, tmp_path: Path
) -> None:
    name = await begin(vaulted, kept, id_="me")
    another = Logins(vaulted.treasury, tmp_path / "logins")
    vaulted.upstream.script = [Status(400, {"error": "slow_down"}), TOKEN]
    assert await another.poll("p", name) == {"state": "pending", "every": 10.0, "error": None}
    assert (await kept.poll("p", name))["state"] == "pending", "too early"
    files = b"".join(path.read_bytes() for path in (tmp_path / "logins").iterdir())
    assert b"secret" not in files and files
    vaulted.wait(10)
    told = await kept.poll("p", name)
    assert (told["state"], told["pool"], told["id"]) == ("granted", "acquired", "me")
    assert await another.poll("p", name) == told
    found = vaulted.treasury.find(("acquired", "me"))
    assert (found.key, found.data["refresh_token"]) == ("at-secret-1", "rt-secret-1")
    assert vaulted.rows["acquired", "me"]["provider"] == "p"


async def test_a_login_that_is_asked_for_elsewhere_right_now(
    vaulted: Vaulted, kept: Logins, tmp_path: Path
) -> None:
    name = await begin(vaulted, kept)
    with (tmp_path / "logins" / f"{name}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert (await kept.poll("p", name))["state"] == "pending"


async def test_a_token_that_cannot_be_stored_is_kept(vaulted: Vaulted, kept: Logins) -> None:
    name = await begin(vaulted, kept)
    vaulted.upstream.script, vaulted.away = [TOKEN], True
    told = await kept.poll("p", name)
    assert (told["state"], told["error"]["code"]) == ("pending", "storage_away")
    vaulted.away = False
    told = await kept.poll("p", name)
    assert told["state"] == "granted"
    assert vaulted.treasury.find(("acquired", told["id"])).key == "at-secret-1"


async def test_denied(vaulted: Vaulted, kept: Logins) -> None:
    name = await begin(vaulted, kept)
    vaulted.upstream.script = [Status(400, {"error": "access_denied"})]
    told = await kept.poll("p", name)
    assert (told["state"], told["error"]["code"]) == ("denied", "access_denied")
    assert await kept.poll("p", name) == told


@pytest.mark.parametrize("name", ["nope", "../x", "", "é", "a/b"])
async def test_unknown(kept: Logins, name: str) -> None:
    with pytest.raises(EngineError, match="no such login"):
        await kept.poll("p", name)


async def test_a_login_belongs_to_its_provider(vaulted: Vaulted, kept: Logins) -> None:
    name = await begin(vaulted, kept)
    with pytest.raises(EngineError, match="no such login"):
        await kept.poll("w", name)
    with pytest.raises(EngineError, match="no pool 'nope'"):
        await kept.start("p", pool="nope")


async def test_there_are_never_many(
    vaulted: Vaulted, kept: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    for _ in range(2):
        await begin(vaulted, kept)
    with pytest.raises(EngineError, match="2 logins are open"):
        await begin(vaulted, kept)
    vaulted.wait(1000)
    name = await begin(vaulted, kept)
    assert sorted(path.stem for path in (tmp_path / "logins").iterdir()) == [name, name]


async def test_no_login_begins_while_nothing_can_be_stored(vaulted: Vaulted, kept: Logins) -> None:
    vaulted.away = True
    with pytest.raises(EngineError, match="database is away"):
        await kept.start("p")
    assert vaulted.upstream.calls == []
