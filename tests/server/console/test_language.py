from __future__ import annotations

import pytest

from engine.events import Inbound
from engine.server.console.language import COOKIE, language, preferences


@pytest.mark.parametrize(
    ("query", "headers", "shown"),
    [
        ({}, {}, "en"),
        ({}, {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
        ({}, {"accept-language": "fr, zh;q=0.4, en;q=0.7"}, "en"),
        ({}, {"accept-language": "fr"}, "en"),
        ({}, {"accept-language": "zh;q=0, en;q=0.1"}, "en"),
        ({}, {"accept-language": "en", "cookie": f"a=b; {COOKIE}=zh"}, "zh"),
        ({"lang": "en"}, {"cookie": f"{COOKIE}=zh"}, "en"),
        ({"lang": "../x"}, {"cookie": f"{COOKIE}=xx"}, "en"),
    ],
)
def test_what_was_chosen_wins(query: dict[str, str], headers: dict[str, str], shown: str) -> None:
    assert language(Inbound("GET", "/admin", query, headers, b"", "req")) == shown


def test_preferences_in_their_order() -> None:
    assert preferences("de-CH;q=0.5, en-GB, *;q=0.1, x;q=nonsense") == ["en", "de", "*"]
