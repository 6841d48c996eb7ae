"""What the server does for actions: over a database of its own, without a process in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.adapters.clock import SystemClock
from engine.errors import RequestRefused
from engine.server.client_desk import ClientDesk
from engine.server.verbs import client_verbs, usage_verbs
from tests.server.admin.test_clients import SITE, Desk
from tests.storage.databases import opened


async def test_a_client_from_its_making_to_its_end(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'a.db'}") as database:
        await database.migrate()
        clerk = Desk(database)
        verbs = client_verbs(ClientDesk(clerk, lambda: SITE, SystemClock(), lambda: "pk-1"))
        made: Any = await verbs["clients.create"](
            {"client": {"name": "web", "models": ["a*"]}, "who": "action"}
        )
        assert (made["key"], made["client"]["models"]) == ("pk-1", ["a*"])
        assert [each["name"] for each in await verbs["clients.list"]({})] == ["ops", "web"]
        ended: Any = await verbs["clients.revoke"]({"name": "web", "who": "client:ops"})
        assert ended["state"] == "revoked"
        again: Any = await verbs["clients.revoke"]({"key": "pk-1", "who": "client:ops"})
        assert (again["name"], again["state"]) == ("web", "revoked")
        with pytest.raises(RequestRefused, match="has this key") as told:
            await verbs["clients.revoke"]({"key": "pk-2", "who": "client:ops"})
        assert told.value.info.status == 404 and "pk-2" not in str(told.value)
        audit = await clerk.ask("audit.list")
    assert {line["who"] for line in audit} == {"action", "client:ops"}


async def test_usage_in_words() -> None:
    class Clerk:
        async def ask(self, verb: str, args: Any = None) -> Any:
            return {"verb": verb, "by": args["by"]}

    stats = usage_verbs(Clerk(), SystemClock(), lambda: 2)["usage.stats"]
    assert await stats({"by": "model"}) == {"verb": "usage.summary", "by": ["model"], "waiting": 2}
    with pytest.raises(RequestRefused, match="is no time"):
        await stats({"since": "once"})
