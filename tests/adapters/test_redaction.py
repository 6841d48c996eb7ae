from __future__ import annotations

import json
import random

import pytest

from engine.adapters.redaction import SECRET_FIELDS, is_plain, is_plain_field, redact, redact_keys


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


SECRETS = (
    "Bearer hush-hush-hush",
    "authorization: hush",
    "x-api-key=hush",
    "/v1?key=hush",
    "https://user:hush@host/",
    "sk-hushhushhushhush",
    "SK-hushhushhushhush",
    "AIzahushhushhushhush",
    '{"api_key":"hush"}',
)


@pytest.mark.parametrize("secret", SECRETS)
def test_what_would_be_blotted_out_is_not_plain(secret: str) -> None:
    assert "hush" not in redact(secret)
    for value in (secret, {"a": {"b": secret}}, {secret: 1}, [secret], (secret,)):
        assert not is_plain(value)


def test_what_is_plain_stays_as_it_is_however_it_is_written() -> None:
    """`is_plain` only saves work: whatever it lets pass, `redact` would have left alone."""
    chance = random.Random(7)
    pieces = (
        "a",
        "k",
        "sk",
        "hf",
        "-",
        "_",
        "AIza",
        "Bearer",
        "Basic",
        "key",
        "api-key",
        "://",
        "?",
        "=",
        " ",
        "x" * 9,
    )
    told = 0
    for _ in range(20_000):
        value = "".join(chance.choices(pieces, k=chance.randint(1, 6)))
        if is_plain(value):
            told += 1
            for written in (f" a={value}", f',"a":"{value}"', f'{{"a":{{"b":"{value}"}}}}'):
                assert redact(written) == written
    assert told > 1000


@pytest.mark.parametrize("name", [*sorted(SECRET_FIELDS), "X-Api-Key", "my-api-key"])
def test_fields_whose_name_says_enough_are_not_plain(name: str) -> None:
    assert not is_plain_field(name) and not is_plain({name: "word"})


@pytest.mark.parametrize("value", [1, 1.5, True, None, "", "oai/gpt-x", {"prompt": 1, "more": {"output": 2}}])
def test_numbers_words_and_objects_of_them_are_plain(value: object) -> None:
    assert is_plain(value)


def test_a_key_goes_by_its_form_alone() -> None:
    text = '{"token": "Hello", "key": "sk-hushhushhushhush", "a": "Bearer hush-hush"}'
    assert redact_keys(text) == '{"token": "Hello", "key": "sk-[redacted]", "a": "Bearer [redacted]"}'
