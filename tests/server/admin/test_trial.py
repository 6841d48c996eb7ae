from __future__ import annotations

from engine.gateway.access import may_use
from engine.server.admin.trial import OPERATOR, trial_pages
from engine.snapshot.model import Client
from tests.server.running import FakeGateway, alias, running, says_ok, snapshot

WEB = Client("web", ())
ASK = {"model": "m", "messages": []}


async def test_the_operator_asks_on_the_way_of_everybody() -> None:
    gateway = FakeGateway(says_ok)
    served = snapshot()
    async with running(pages=trial_pages(gateway, lambda: served, lambda: [WEB])) as server:
        own = await server.client.post("/admin/try", json=ASK)
        web = await server.client.post("/admin/try?client=web", json=ASK)
        nobody = await server.client.post("/admin/try?client=nope", json=ASK)
    assert (own.json(), web.status_code) == ({"ok": True}, 200)
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "no_such_client")
    assert [client for _, client in gateway.asked] == [OPERATOR, WEB]


async def test_before_anything_is_loaded() -> None:
    async with running(pages=trial_pages(FakeGateway(says_ok), lambda: None, list)) as server:
        assert (await server.client.post("/admin/try", json=ASK)).status_code == 503


def test_the_operator_may_use_every_model() -> None:
    restricted = alias("m", access=("web",))
    assert may_use(restricted, "m", OPERATOR) and may_use(restricted, "m", WEB)
    assert not may_use(restricted, "m", Client("other", ())) and not may_use(restricted, "m", None)
