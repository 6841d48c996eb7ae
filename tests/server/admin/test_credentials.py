from __future__ import annotations

from engine.adapters.metrics import Metrics
from engine.gateway.tally import USES
from engine.server.admin.credentials import credential_pages, uses_of
from tests.gateway.playbook import Json, Status
from tests.server.running import running
from tests.server.vaulted import Vaulted

ONE = "/admin/credentials/acquired/me"


async def test_a_credential_comes_is_tried_and_goes(vaulted: Vaulted) -> None:
    pages = credential_pages(vaulted.treasury, dict)
    given = {"pool": "acquired", "id": "me", "key": "sk-secret-123456-abcd"}
    said = ""
    async with running(pages=pages) as server:
        client = server.client
        added = await client.post("/admin/credentials", json=given)
        assert (added.status_code, added.json()["result"]) == (201, "added")
        twice = await client.post("/admin/credentials", json=given)
        assert (twice.status_code, twice.json()["error"]["code"]) == (409, "already_there")
        listed = await client.get("/admin/credentials")
        me = next(each for each in listed.json()["credentials"] if each["id"] == "me")
        assert (me["key"], me["state"], me["source"]) == ("…abcd", "ready", "stored")
        vaulted.upstream.script = [Json({"models": []}), Status(401, {"error": "sk-secret-123456-abcd?"})]
        good, bad = [(await client.post(f"{ONE}/test")) for _ in range(2)]
        assert (good.json()["works"], good.json()["provider"]) == (True, "p")
        assert (bad.json()["works"], bad.json()["error"]) == (False, {"class": "auth", "message": "***?"})
        vaulted.upstream.script = [Json({"model": "m-1", "choices": [{"message": {"content": "OK"}}]})]
        asked = {"operation": "chat", "model": "m"}
        chatted = (await client.post(f"{ONE}/test", json=asked)).json()
        assert (chatted["works"], chatted["text"], chatted["model"]) == (True, "OK", "m-1")
        off = await client.post(f"{ONE}/disable", json={"reason": "leaked"})
        assert (off.json()["result"], vaulted.rows["acquired", "me"]["disabled"]) == ("disabled", "leaked")
        assert (await client.post(f"{ONE}/enable")).json()["result"] == "enabled"
        assert (await client.delete(ONE)).json()["result"] == "deleted"
        gone = [
            await client.delete(ONE),
            await client.post(f"{ONE}/test"),
            await client.post(f"{ONE}/disable"),
        ]
        assert [(each.status_code, each.json()["error"]["code"]) for each in gone] == [
            (404, "no_such_credential")
        ] * 3
        said = "".join(each.text for each in (added, twice, listed, good, bad, off, *gone))
    assert "sk-secret" not in said + str(vaulted.lines.lines)


def test_uses_are_of_all_workers() -> None:
    mine, other = Metrics(), Metrics()
    mine.counter(USES, {"pool": "p", "credential": "a"}).add(2)
    other.counter(USES, {"pool": "p", "credential": "a"}).add(3)
    other.counter("else", {}).add(1)
    assert uses_of([mine.families, other.families, {}]) == {("p", "a"): 5.0}
