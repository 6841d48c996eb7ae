from __future__ import annotations

from typing import Any

import pytest

from engine.server.admin.difference import difference_pages
from engine.server.published import Published
from engine.snapshot.reconcile import Accepted
from engine.spec.settings import Settings
from tests.server.running import running

SERVED = b"version: 1\nproviders: {p: {dialect: mock, base_url: 'scripted:', key: hush-hush}}\n"
PUBLISHED = Published("g1", 0.0, Accepted({"routes.d/a.yaml": SERVED}))


async def asked(body: Any, published: Published | None = PUBLISHED) -> Any:
    async with running(pages=difference_pages(lambda: published, Settings())) as server:
        return await server.client.post("/admin/diff", json=body)


async def test_the_same_in_another_file() -> None:
    answer = await asked({"files": {"routes.d/b.yaml": SERVED.decode()}, "prompts": {}})
    assert answer.json() == {"generation": "g1", "changes": []}


async def test_what_changed_without_a_secret() -> None:
    text = SERVED.decode().replace("hush-hush", "hush-now").replace("scripted:", "https://p.test")
    answer = await asked({"files": {"routes.d/a.yaml": text}})
    found = [(each["path"], each["kind"], each["after"]) for each in answer.json()["changes"]]
    assert found == [("base_url", "changed", "https://p.test"), ("key", "changed", "(secret)")]
    assert "hush" not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"files": ["a"]}, "invalid_value"),
        ({"files": {}, "prompts": {"a": 1}}, "invalid_value"),
        ({"files": {"routes.d/a.yaml": "a: ["}}, "bad_site"),
    ],
)
async def test_what_is_no_site_is_refused(body: Any, code: str) -> None:
    answer = await asked(body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_before_anything_is_loaded() -> None:
    assert (await asked({}, None)).status_code == 503
