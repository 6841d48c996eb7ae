from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.events import Inbound
from engine.gateway.own_keys import without_keys


def asked(body: dict[str, Any]) -> Inbound:
    return Inbound("POST", "/", {}, {}, orjson.dumps(body), "r")


def test_a_key_is_taken_out_of_bytes_and_object() -> None:
    body = {"model": "m", "api_key": " sk-1 ", "n": 1}
    inbound, rest, keys = without_keys(asked(body), body, ["api_key", "token"])
    assert (rest, orjson.loads(inbound.body), keys) == ({"model": "m", "n": 1}, rest, {"api_key": "sk-1"})


@pytest.mark.parametrize("value", [5, None, {"key": "sk-1"}, ["sk-1"]])
def test_what_is_no_text_is_no_key_and_goes_all_the_same(value: Any) -> None:
    body = {"api_key": value}
    inbound, rest, keys = without_keys(asked(body), body, ["api_key"])
    assert (inbound.body, rest, keys) == (b"{}", {}, {})


def test_without_one_nothing_changes() -> None:
    body, inbound = {"model": "m"}, asked({"model": "m"})
    found = without_keys(inbound, body, ["api_key"])
    assert found[0] is inbound and found[1] is body and found[2] == {}
