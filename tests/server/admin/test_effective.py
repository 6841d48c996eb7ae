from __future__ import annotations

from dataclasses import replace

import pytest

from engine.server.admin.effective import effective_pages, plain, without_password
from engine.spec.settings import Settings, TracingSettings
from tests.gateway.playbook import Game
from tests.server.running import running

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test/v1", key: "${env:A}", headers: {x-token: "${env:B}"}}
  b: {dialect: plain, base_url: "https://b.test", credential: client}
groups: {team: {models: ["m*"], limits: {rpm: 5}}}
models: {m: {targets: [a/m, b/m]}}
endpoints: {raw: {path: "/raw/{path}", pass: a, auth: none}}
"""
SETTINGS = Settings(
    admin_key="admin-secret-1234567890",
    secret_key=("seal-secret-123456",),
    storage="postgresql://me:data-secret@db/x?password=data-secret",
    state="redis://:state-secret@r:6379/0",
    tracing=TracingSettings("https://otel.test", {"authorization": "trace-secret"}),
)


async def test_what_is_in_force_without_a_secret() -> None:
    game = Game(SITE, secrets={"A": "pool-secret", "B": "head-secret"})
    async with running(pages=effective_pages(SETTINGS, lambda: game.snapshot)) as server:
        answer = await server.client.get("/admin/effective")
    told = answer.json()
    assert "secret" not in answer.text.replace("secret_key", "")
    a, b = told["providers"]["a"], told["providers"]["b"]
    assert (a["dialect"], a["base_url"], a["headers"]) == ("plain", "https://a.test/v1", {"x-token": "…"})
    assert a["at"].startswith("routes.d/") and a["pool"] and b["client_key"] and b["pool"] is None
    assert told["settings"]["storage"] == "postgresql://…@db/x" and told["settings"]["secret_key"] == 1
    assert told["settings"]["limits"]["nesting"] == 100
    raw = next(each for each in told["endpoints"] if each["name"] == "raw")
    assert (raw["kind"], raw["provider"], raw["auth"]) == ("pass", "a", "none")
    assert told["groups"]["team"]["models"] == ["m*"]


async def test_before_anything_is_loaded() -> None:
    settings = replace(SETTINGS, admin_key=None, tracing=None)
    async with running(pages=effective_pages(settings, lambda: None)) as server:
        told = (await server.client.get("/admin/effective")).json()
    assert list(told) == ["settings"] and told["settings"]["admin_key"] is None


@pytest.mark.parametrize("url", [None, "/a/path", "https://h/p"])
def test_a_url_without_anything_to_hide(url: str | None) -> None:
    assert without_password(url) == url


def test_plain_data_has_a_word_for_everything() -> None:
    assert plain({1: frozenset({"a"}), "x": object}) == {"1": ["a"], "x": "<class 'object'>"}
