"""What actions do with credentials, logins and settings, over one treasury."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError
from engine.server.desk import Desk
from engine.server.runtime_settings import MASK
from tests.gateway.playbook import EPOCH, Json, Status
from tests.server.test_runtime_settings import Site
from tests.server.vault.test_files import shelved
from tests.server.vault.test_logins import STARTED, TOKEN
from tests.server.vaulted import Vaulted

__all__ = ["shelved"]


class Verbs:
    def __init__(self, vaulted: Vaulted, root: Path) -> None:
        self.site = Site(root)
        self.vaulted = vaulted
        desk = Desk(vaulted.treasury, root, root, lambda: self.site.snapshot, self.site, list)
        self._verbs = desk.verbs()

    async def __call__(self, verb: str, **args: Any) -> Any:
        return await self._verbs[f"desk.{verb}"](args)

    async def ids(self) -> list[str]:
        return [each["id"] for each in (await self("credentials.list", pool="acquired"))["credentials"]]


@pytest.fixture
async def do(shelved: Vaulted, tmp_path: Path) -> Verbs:
    verbs = Verbs(shelved, tmp_path / "settings")
    for name in ("a", "b"):
        given = {
            "pool": "acquired",
            "key": f"key-secret-{name}-1234",
            "id": name,
            "values": {"who": f"{name}@x"},
        }
        assert await verbs("credentials.add", **given) == {"pool": "acquired", "id": name}
    return verbs


async def test_listed_with_what_is_asked_for_and_no_key(do: Verbs) -> None:
    told = await do("credentials.list", pool="acquired", show=["who", "made", "key", "token"])
    first = told["credentials"][1]
    assert (first["id"], first["index"], first["file"]) == ("a", 1, "creds/team/a.json")
    assert first["values"] == {"who": "a@x", "made": EPOCH, "token": "key-secret-a-1234"}, (
        "what the site asks for"
    )
    plain = await do("credentials.list", pool="acquired")
    assert "secret" not in str(plain) and "refresh_token" not in plain["credentials"][1]["names"]


async def test_selected_by_place_or_name(do: Verbs) -> None:
    assert await do.ids() == ["declared", "a", "b"]
    told = await do("credentials.select", pool="acquired", index=2)
    assert (told["id"], told["selected"]) == ("b", "b")
    current = await do("credentials.current", pool="acquired", show=["who"])
    assert (current["current"]["rule"], current["credential"]["values"]) == ("selected", {"who": "b@x"})
    assert (await do("credentials.select", pool="acquired", id="a"))["index"] == 1
    assert (await do("credentials.auto", pool="acquired"))["selected"] is None
    assert (await do("credentials.rotation", pool="acquired"))["rotation"] is False
    assert (await do("credentials.rotation", pool="acquired", on=True))["rotation"] is True
    for wrong, status in (({"index": 3}, 400), ({"index": -1}, 400), ({"id": "x"}, 404)):
        with pytest.raises(EngineError) as caught:
            await do("credentials.select", pool="acquired", **wrong)
        assert caught.value.info.status == status


async def test_deleted(do: Verbs) -> None:
    assert await do("credentials.delete", pool="acquired", index=1) == {
        "pool": "acquired",
        "id": "a",
        "index": 1,
    }
    assert await do.ids() == ["declared", "b"]


async def test_tried(do: Verbs) -> None:
    do.vaulted.upstream.script = [
        Json({"model": "m-1", "choices": [{"message": {"content": "OK"}}]}),
        Status(401, {"error": {"message": "no key-secret-a-1234"}}),
    ]
    good, bad = [await do("credentials.test", pool="acquired", id="a", model="m") for _ in range(2)]
    assert (good["works"], good["text"], good["provider"]) == (True, "OK", "p")
    assert (bad["works"], bad["error"]["class"]) == (False, "auth") and "secret" not in str(bad)


async def test_logged_in(do: Verbs) -> None:
    do.vaulted.upstream.script = [STARTED]
    started = await do("login.start", provider="p", id="me")
    do.vaulted.wait(5)
    do.vaulted.upstream.script = [Status(400, {"error": "authorization_pending"}), TOKEN]
    assert (await do("login.poll", provider="p", login=started["login"]))["state"] == "pending"
    do.vaulted.wait(5)
    told = await do("login.poll", provider="p", login=started["login"], show=["lives"])
    assert (told["state"], told["id"], told["values"]) == ("granted", "me", {"lives": 3600})


async def test_settings(do: Verbs) -> None:
    told = await do("settings.get", names=["EVERY", "PASSWORD"])
    assert told["settings"] == {"EVERY": 2, "PASSWORD": MASK}
    form = {**told["settings"], "EVERY": 4, "NOPE": 1}
    with pytest.raises(EngineError, match="no setting 'NOPE'"):
        await do("settings.set", settings=form)
    changed = await do("settings.set", settings=form, ignore_unknown=True, who="web")
    assert (changed["changed"], changed["settings"]["EVERY"]) == (["EVERY"], 4)
    assert do.vaulted.noted[-1] == ("settings changed", "EVERY")
    with pytest.raises(EngineError, match="cannot be changed here"):
        await do("settings.set", settings={"URL": "https://b.test"}, names=["EVERY"])
    assert (await do("settings.set", settings={"URL": "x"}, names=["EVERY"], ignore_unknown=True))[
        "changed"
    ] == []
