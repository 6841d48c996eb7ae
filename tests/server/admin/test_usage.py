"""`GET /admin/usage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.server.admin.usage import usage_pages
from engine.server.own_pages import Asked
from engine.server.verbs import usage_verbs
from tests.gateway.playbook import Time, World


class Clerk:
    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
        return {"verb": verb, "asked": args}


async def told(**query: str) -> bytes:
    clerk: Any = Clerk()
    clock: Any = World(Time())
    page = usage_pages(usage_verbs(clerk, clock, lambda: 3)["usage.stats"])["/admin/usage"]
    assert page.admin
    inbound = Inbound("GET", "/admin/usage", query, {}, b"", "r")
    return (await page.methods["GET"](Asked(inbound))).body


async def test_the_clerk_is_asked_and_what_waits_is_added() -> None:
    body = await told(by="client,model", since="2023-01-01", model="fast")
    assert body == (
        b'{"verb":"usage.summary","asked":{"by":["client","model"],"since":1672531200.0,"until":null,'
        b'"where":{"model":["fast"]}},"waiting":3}'
    )


async def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(RequestRefused, match="is no time"):
        await told(since="soon")
