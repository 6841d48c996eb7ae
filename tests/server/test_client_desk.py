from __future__ import annotations

from typing import Any

import pytest

from engine.adapters.clock import SystemClock
from engine.errors import EngineUnavailable, RequestRefused
from engine.server.client_desk import ClientDesk, declared_elsewhere
from tests.server.admin.test_clients import SITE


class Nobody:
    async def ask(self, verb: str, args: Any = None) -> Any:
        raise AssertionError(verb)


async def test_what_is_refused_before_the_clerk_is_asked() -> None:
    desk = ClientDesk(Nobody(), lambda: SITE, SystemClock(), lambda: "pk")
    with pytest.raises(RequestRefused) as taken:
        await desk.create({"name": "ops"}, "me")
    assert (taken.value.info.status, taken.value.info.message) == (
        409,
        declared_elsewhere("ops").info.message,
    )
    with pytest.raises(EngineUnavailable):
        await ClientDesk(Nobody(), lambda: None, SystemClock(), lambda: "pk").create({"name": "x"}, "me")
