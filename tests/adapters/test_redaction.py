from __future__ import annotations

import json

import pytest

from engine.adapters.redaction import redact


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer hush-hush-hush",
        "authorization=hush",
        "x-api-key: hush",
        "got Bearer hush-hush-hush.x",
        "GET /v1?a=1&key=hush&b=2",
        "GET /v1?api_key=hush",
        "https://user:hush@host/",
        '{"api_key": "hush", "a": 1}',
        '{"password":"hu\\"hush"}',
        "sk-proj-hushhushhushhush",
        "sk-hush_hush-hush_hush-hush",
        "AIzahushhushhushhushhush",
    ],
)
def test_keys_are_blotted_out(line: str) -> None:
    assert "hush" not in redact(line) and "[redacted]" in redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "prompt_tokens=5 keys=3 alias=sk-ipped",
        "request_id=req-4cAbZ1nB0aEq8Xk2LmPq9RtS",
        "skate-parks-are-very-long-names-here",
        "http://127.0.0.1:8080/v1?monkey=1",
        '{"token_count": "5"}',
    ],
)
def test_other_text_stays(line: str) -> None:
    assert redact(line) == line


def test_json_stays_json() -> None:
    rows = {"message": 'Authorization: Bearer abc"def', "headers": {"X-Api-Key": 'a"b'}, "url": "?key=a\\b"}
    assert json.loads(redact(json.dumps(rows)))
