"""Bytes that pass: only the model is patched."""

from __future__ import annotations

import json

from engine.surfaces.passed import PassedAnswer


def test_bytes_stay_where_the_model_is_the_same() -> None:
    raw = b'{ "model": "m",\n"input": "a" }'
    assert PassedAnswer().patch(raw, json.loads(raw), "m") is raw


def test_another_model_is_written_in() -> None:
    raw = b'{"model": "alias", "input": "a"}'
    assert json.loads(PassedAnswer().patch(raw, json.loads(raw), "m")) == {"model": "m", "input": "a"}


def test_a_body_that_names_two_models_is_written_anew() -> None:
    raw = b'{"model": "x", "model": "m"}'
    assert PassedAnswer().patch(raw, json.loads(raw), "m") == b'{"model":"m"}'


def test_a_body_that_was_put_in_other_words_is_written() -> None:
    assert PassedAnswer().patch(None, {"input": "a"}, "m") == b'{"input":"a","model":"m"}'
