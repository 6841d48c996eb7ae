from __future__ import annotations

from typing import Any

from engine.gateway.explain import explain
from engine.gateway.media import shown
from tests.gateway.playbook import compiled
from tests.gateway.test_fetching import SITE, asking


def body_of(plan: dict[str, Any]) -> Any:
    return plan["legs"][0]["targets"][0]["request"]["body"]


def test_a_plan_shows_that_bytes_would_go_up_without_fetching_any() -> None:
    urls = ("https://a.test/x.gif?signature=1", "https://a.test/y", "https://here.test/z.png")
    told = explain(compiled(SITE), {"model": "look", "messages": asking(*urls)}, {}, None)
    assert body_of(told)["parts"][1:] == [
        {"type": "image", "media_type": "image/gif", "data": "(the bytes of https://a.test/x.gif)"},
        {"type": "image", "media_type": "image/png", "data": "(the bytes of https://a.test/y)"},
        {"type": "image", "url": "https://here.test/z.png"},
    ]


def test_a_url_is_shown_without_its_secrets_and_not_at_any_length() -> None:
    assert shown("https://a.test/x?key=1#y") == "https://a.test/x"
    assert len(shown("https://a.test/" + "x" * 5000)) == 300
