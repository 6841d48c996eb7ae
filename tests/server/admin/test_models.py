from __future__ import annotations

from engine.server.admin.models import model_pages
from tests.gateway.playbook import Game
from tests.server.running import running

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
  b: {dialect: plain, base_url: "https://b.test"}
models:
  plain: {targets: [a/m, {provider: b, weight: 3}], strategy: weighted}
  rich:
    targets: [{provider: a, model: "=body.which", when: "=!(chat.tools)"}]
    fallback: [plain]
    access: {clients: [web], groups: [team]}
    canary: {target: b/x, share: 5%}
  "any/*": {targets: ["a/*"]}
clients: {web: {key: "${env:WEB:-k}"}}
groups: {team: {}}
"""


async def test_aliases_with_where_they_lead() -> None:
    game = Game(SITE)
    async with running(pages=model_pages(lambda: game.snapshot)) as server:
        told = (await server.client.get("/admin/aliases")).json()
        part = (await server.client.get("/admin/aliases?q=R&limit=1&offset=0")).json()
        wrong = await server.client.get("/admin/aliases?limit=x")
    by_name = {each["name"]: each for each in told["aliases"]}
    assert list(by_name) == ["any/*", "plain", "rich"] and told["total"] == 3
    plain, rich = by_name["plain"], by_name["rich"]
    assert [(each["provider"], each["model"], each["weight"]) for each in plain["targets"]] == [
        ("a", "m", 1.0),
        ("b", None, 3.0),
    ]
    assert plain["strategy"] == "weighted" and plain["access"] is None and plain["mirror"] is None
    assert rich["targets"][0]["model"] == "=…" and rich["targets"][0]["when"]
    assert rich["fallback"] == ["plain"] and rich["access"] == {"clients": ["web"], "groups": ["team"]}
    assert (rich["canary"]["provider"], rich["canary"]["share"]) == ("b", 0.05)
    assert ([each["name"] for each in part["aliases"]], part["total"]) == (["rich"], 1)
    assert wrong.status_code == 400


async def test_before_anything_is_loaded() -> None:
    async with running(pages=model_pages(lambda: None)) as server:
        assert (await server.client.get("/admin/aliases")).json() == {"aliases": [], "total": 0}
