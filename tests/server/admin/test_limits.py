"""Where limits stand, as a page."""

from engine.server.admin.limits import limit_pages
from tests.gateway.limited import TEXT, Limited
from tests.gateway.playbook import Json
from tests.server.running import running

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: p, limits: {concurrency: 5}}
pools:
  p: {credentials: [{id: one, key: k, limits: {rpm: 7}}]}
models:
  m: {targets: [a/m1], limits: {tpm: 1000}}
  "g-*": {targets: [a/m2], limits: {rpd: 9}}
clients:
  web: {key: "sha256:0000000000000000000000000000000000000000000000000000000000000000", groups: [team], limits: {rpm: 3}}
  ops: {key: "sha256:0000000000000000000000000000000000000000000000000000000000000001", groups: [team]}
groups:
  team: {limits: {rph: 8}}
"""


async def test_the_page() -> None:
    game = Limited(SITE)
    game.upstream.script = [Json({**TEXT, "usage": {"prompt": 3, "output": 7}})]
    answer = await game.begin("m", game.by("web"))
    assert answer.status == 200
    pages = limit_pages(game.gateway.outside, lambda: game.snapshot, lambda: game.snapshot.clients)
    async with running(pages=pages) as server:
        every = (await server.client.get("/admin/limits")).json()
        of_one = (await server.client.get("/admin/limits?client=ops")).json()
        of_nobody = (await server.client.get("/admin/limits?client=x")).json()
    assert [(row["scope"], row["name"], row["kind"], row["used"]) for row in every["limits"]] == [
        ("client", "web", "requests", 1.0),
        ("group", "team", "requests", 1.0),
        ("model", "m", "tokens", 10.0),
        ("model", "g-*", "requests", 0.0),
        ("provider", "a", "concurrency", 0),
        ("credential", "p/one", "requests", 1.0),
    ]
    assert of_one["limits"] == [
        {
            "scope": "group",
            "name": "team",
            "limit": 8.0,
            "kind": "requests",
            "per": "hour",
            "used": 1.0,
            "left": 7.0,
            "reset": 3600.0,
        }
    ]
    assert of_nobody == {"limits": [], "more": 0}


async def test_before_anything_is_loaded() -> None:
    pages = limit_pages(Limited(SITE).gateway.outside, lambda: None, lambda: ())
    async with running(pages=pages) as server:
        assert (await server.client.get("/admin/limits")).json() == {"limits": [], "more": 0}
