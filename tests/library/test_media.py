"""Recorded exchanges of pictures and sound, the whole way: the client's request, the call, the platform's answer."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from engine.events import Inbound
from engine.gateway.answer import Answer
from tests.gateway.playbook import Game, Reply

from .corpus import answer_bytes, answered, needs_recordings, recordings

pytestmark = needs_recordings

# API of a recording -> its dialect, and where it is
PLATFORMS = {
    "openai-audio": ("openai", "https://api.openai.com/v1"),
    "openai-images": ("openai", "https://api.openai.com/v1"),
    "xai-images": ("xai", "https://api.x.ai/v1"),
}
CASES = [pytest.param(record, id=record["id"]) for record in recordings(*PLATFORMS)]


def request_bytes(record: dict[str, Any]) -> bytes:
    request = record["request"]
    return (
        b64decode(request["body_base64"])
        if "body_base64" in request
        else json.dumps(request["body"]).encode()
    )


def replayed(record: dict[str, Any]) -> tuple[Game, Answer, bytes]:
    """What a client gets that asks what was asked, of a platform that answers as it did."""
    dialect, base = PLATFORMS[record["api"]]
    provider = f"{{dialect: {dialect}, base_url: '{base}', key: sk-test, retry: off}}"
    game = Game(f"providers: {{p: {provider}}}\nmodels: {{'*': {{targets: [p/*]}}}}\n")
    request, response = record["request"], record["response"]
    endpoint = next(one for one in game.snapshot.endpoints if one.path == request["path"])
    kind = response["headers"]["content-type"]
    game.upstream.script = [Reply(response["status"], [answer_bytes(record)], content_type=kind)]
    inbound = Inbound("POST", request["path"], {}, request["headers"], request_bytes(record), "r")

    async def whole() -> tuple[Answer, bytes]:
        answer = await game.gateway.perform(game.snapshot, endpoint, inbound, None)
        if isinstance(answer.body, bytes):
            return answer, answer.body
        return answer, b"".join([piece async for piece in answer.body])

    answer, body = game.run(whole())
    return game, answer, body


@pytest.mark.parametrize("record", CASES)
def test_the_call_is_the_one_that_was_recorded(record: dict[str, Any]) -> None:
    game, _, _ = replayed(record)
    (call,) = game.upstream.calls
    request = record["request"]
    assert call.url == f"https://{request['host']}{request['path']}"
    assert (
        call.headers["content-type"].partition(";")[0] == request["headers"]["content-type"].partition(";")[0]
    )
    if "body" in request:
        assert json.loads(call.body) == request["body"]
    else:
        assert fields(call.body) == fields(request_bytes(record))


def fields(form: bytes) -> set[bytes]:
    """The parts of a form, whatever stands between them."""
    mark = form.partition(b"\r\n")[0]
    return {part.strip(b"\r\n") for part in form.split(mark)} - {b"", b"--"}


@pytest.mark.parametrize("record", CASES)
def test_the_answer_is_the_platforms_own(record: dict[str, Any]) -> None:
    game, answer, body = replayed(record)
    kind = record["response"]["headers"]["content-type"]
    if answered(record) and record["api"] == "xai-images":  # which has no `created`, so it is told anew
        urls = [image["url"] for image in record["response"]["body"]["data"]]
        assert [image["url"] for image in json.loads(body)["data"]] == urls
    elif answered(record):
        assert (answer.status, answer.content_type, body) == (200, kind, answer_bytes(record))
        assert game.usage[0]["operation"] in ("speech", "transcription")
    else:
        told, wanted = json.loads(body)["error"], record["response"]["body"]["error"]
        assert answer.status == record["response"]["status"]
        assert (told["message"], told["code"], told["param"]) == (
            wanted["message"], wanted["code"], wanted["param"],
        )  # fmt: skip


def test_a_picture_that_is_asked_for_until_it_is_there() -> None:
    """Two recordings, as one: how a prediction begins, and how one ends."""
    begun, done = [
        next(record for record in recordings("replicate-predictions") if record["id"].split(".")[2] == number)
        for number in ("03", "02")
    ]
    game = Game("""
providers: {p: {dialect: replicate, base_url: "https://api.replicate.com/v1", key: sk-test}}
models: {"*": {targets: [p/*]}}
""")
    request, replies = begun["request"], [begun["response"], done["response"]]
    version = request["body"]["version"]
    game.upstream.script = [Reply(each["status"], [json.dumps(each["body"]).encode()]) for each in replies]
    endpoint = next(one for one in game.snapshot.endpoints if one.path == "/v1/images/generations")
    asked = {"model": f"kvfrans/clipdraw:{version}", "prompt": request["body"]["input"]["prompt"]}
    inbound = Inbound("POST", endpoint.path, {}, {}, json.dumps(asked).encode(), "r")
    answer = game.run(game.gateway.perform(game.snapshot, endpoint, inbound, None))
    assert isinstance(answer.body, bytes)
    first, then = game.upstream.calls
    assert first.url.endswith(request["path"]) and json.loads(first.body) == request["body"]
    assert then.url == replies[0]["body"]["urls"]["get"]
    assert [image["url"] for image in json.loads(answer.body)["data"]] == replies[1]["body"]["output"]
