from __future__ import annotations

import pytest

from engine.server.admin.metrics import metrics_pages
from engine.spec.settings import Settings
from tests.server.running import running


@pytest.mark.parametrize(
    ("settings", "local", "key", "status"),
    [
        (Settings(), True, None, 200),
        (Settings(admin_key="boss"), True, None, 200),
        (Settings(), False, None, 403),
        (Settings(admin_key="boss"), False, None, 401),
        (Settings(admin_key="boss"), False, "wrong", 401),
        (Settings(admin_key="boss"), False, "boss", 200),
        (Settings(metrics="open"), False, None, 200),
        (Settings(metrics="off"), True, None, 404),
    ],
)
async def test_who_may_read_them(settings: Settings, local: bool, key: str | None, status: int) -> None:
    async with running(pages=metrics_pages(settings, local, lambda: "n 1\n")) as server:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        reply = await server.client.get("/metrics", headers=headers)
    assert reply.status_code == status
    assert (reply.text == "n 1\n") == (status == 200)
    if status == 200:
        assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_a_page_that_calls_itself_by_another_name_reads_nothing() -> None:
    async with running(pages=metrics_pages(Settings(), True, lambda: "n 1\n")) as server:
        reply = await server.client.get("/metrics", headers={"host": "evil.example"})
    assert reply.status_code == 403


async def test_without_a_key_it_says_what_to_do() -> None:
    async with running(pages=metrics_pages(Settings(), False, lambda: "")) as server:
        reply = await server.client.get("/metrics")
    assert "metrics: open" in reply.text and reply.json()["error"]["code"] == "metrics_closed"
