from __future__ import annotations

import orjson
import pytest

from engine.surfaces.declared.passthrough import DeclaredPassthrough

BODY = {"model": "a", "x": [1]}
RAW = b'{ "model": "a", "x": [1] }'


def in_body() -> DeclaredPassthrough:
    return DeclaredPassthrough(model_in_body=True, notable=["stop", 'a"b'])


def test_a_body_that_names_the_model_already_is_not_touched() -> None:
    assert in_body().patch(RAW, BODY, "a") is RAW
    assert orjson.loads(in_body().patch(RAW, BODY, "b")) == {"model": "b", "x": [1]}
    assert orjson.loads(in_body().patch(None, BODY, "a")) == BODY


@pytest.mark.parametrize("raw", [b'{"model":"b","model":"a"}', b'{"m\\u006fdel":"b","model":"a"}'])
def test_a_body_that_could_name_two_is_written_anew(raw: bytes) -> None:
    assert in_body().patch(raw, {"model": "a"}, "a") == b'{"model":"a"}'


def test_a_model_in_the_path_changes_no_body() -> None:
    passthrough = DeclaredPassthrough(model_in_body=False, notable=[])
    assert passthrough.patch(RAW, BODY, "b") is RAW
    assert orjson.loads(passthrough.patch(None, BODY, "b")) == BODY


@pytest.mark.parametrize(
    ("event", "is_notable"),
    [
        (b'{"type":"stop"}', True),
        (b'{"type":"stopped"}', False),
        (b'{"text":"\\"stop\\""}', False),
        (b'{"type":"st\\u006fp"}', True),
        (b'{"x":"a\\"b"}', True),
    ],
)
def test_what_is_worth_reading(event: bytes, is_notable: bool) -> None:
    assert bool(in_body().notable.search(event)) is is_notable
