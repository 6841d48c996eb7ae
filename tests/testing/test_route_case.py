from __future__ import annotations

from dataclasses import replace

from engine.diagnostics import Position
from engine.events import Call
from engine.gateway.answer import Answer
from engine.spec.test_case import Medium
from engine.testing.answers import answers
from engine.testing.observed import Observed
from engine.testing.route_case import CaseUpstream, base_url, observe
from engine.testing.world import FixedClock
from tests.testing.sample import STREAM, case, site

MESSAGES = "messages: [{role: user, content: Hi there}]"


async def seen(text: str, model: str = "acme/a1", way: str = "whole") -> Observed:
    found = case(f"name: n\nmodel: {model}\n{text}")
    snapshot, _ = site()
    return await observe(found, snapshot, dict(answers(found.test, "sse")).get(way))


async def test_the_request_that_goes_up() -> None:
    found = await seen("response: {text: Hello}")
    request = found.found["request"]
    assert (request["path"], request["body"]["model"]) == ("/v1/talk?style=plain", "a1")
    assert request["headers"]["x-key"] == "mock"
    assert found.found["completion"]["choices"][0]["message"]["content"] == "Hello"
    assert found.found["finish"] == "stop" and found.why_not == "the client did not ask for a stream"


async def test_a_client_that_asks_for_a_stream_gets_one_however_it_is_cut() -> None:
    text = f"given: {{body: {{model: acme/a1, stream: true, {MESSAGES}}}}}\nstream: |\n" + "".join(
        f"  {line}\n" for line in STREAM.splitlines()
    )
    found = await seen(text, way="byte by byte")
    assert found.found["deltas"] == [{"role": "assistant", "content": "Hel"}, {"content": "lo"}, {}]
    assert "completion" not in found.found and found.why_not.startswith("the client asked for a stream")


async def test_parameters_that_are_lost_are_told_as_the_client_sees_it() -> None:
    text = f"given: {{body: {{model: acme/a1, seed: 7, n: 2, {MESSAGES}}}}}\nresponse: {{text: Hello}}"
    assert (await seen(text)).found["unsupported"] == ["seed", "n"]


async def test_an_error_of_the_upstream_is_the_client_s() -> None:
    found = (await seen("error: {status: 429, json: {fault: slow}}")).found
    assert (found["error"]["status"], found["error"]["message"]) == (429, "slow")
    assert "reject" not in found


async def test_what_the_engine_refuses_never_goes_up() -> None:
    found = await seen("response: {text: Hello}", model="private")
    assert found.found["reject"]["status"] == 404 and "request" not in found.found
    allowed = await seen("given: {client: web}\nresponse: {text: Hello}", model="private")
    assert allowed.found["finish"] == "stop"


async def test_without_an_answer_only_the_request_is_seen() -> None:
    found = await seen("")
    assert found.found["request"]["body"]["lines"] == ["hi"]
    assert found.found["error"]["code"] == "no_answer"


async def test_a_scripted_provider_answers_for_itself() -> None:
    found = await seen(f"given: {{body: {{model: demo, {MESSAGES}}}}}", model="demo")
    assert found.found["completion"]["choices"][0]["message"]["content"] == "Hi there"


async def test_what_is_fetched_for_the_platform_is_what_the_test_says() -> None:
    medium = Medium(media_type="image/png", data="aGk=", at=Position("t"))
    upstream = CaseUpstream(None, FixedClock(), {"https://x.test/a.png": medium})
    reply = await upstream.send(Call("GET", "https://x.test/a.png", {}))
    assert (reply.headers["content-type"], [piece async for piece in reply.chunks()]) == (
        "image/png",
        [b"hi"],
    )
    assert upstream.calls == []


async def test_a_path_is_told_without_the_base_of_the_provider_that_was_called() -> None:
    """Others may stand on the same host, and even below it."""
    snapshot, _ = site()
    own = snapshot.providers["acme"]
    for other in ("/v1", "/v", ""):
        below = replace(own, base_url=f"{own.base_url.rstrip('/')}{other}", name="other")
        both = replace(snapshot, providers={"acme": own, "other": below})
        for answered, path in (("acme", "/v1/talk"), ("nobody", "/talk" if other == "/v1" else "/v1/talk")):
            call = Call("POST", f"{own.base_url.rstrip('/')}/v1/talk", {})
            answer = Answer(200, {"x-proxyctl-provider": answered}, "text/plain", b"")
            assert call.url.removeprefix(base_url(both, call, answer)) == path
