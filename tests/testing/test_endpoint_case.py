from __future__ import annotations

from engine.testing.answers import answers
from engine.testing.endpoint_case import found, model_of, observe
from engine.testing.observed import Observed
from tests.snapshot.sites import served
from tests.testing.sample import case

SITE = """
providers: {p: {dialect: openai, base_url: "https://p.test/v1", key: k}}
models: {small: {targets: [p/m1]}}
endpoints:
  ask:
    path: /ask
    action: complete
    with: {model: small, input: =body.q}
    response: {a: =result.text}
    stream: {when: =body.stream, each: {chunk: =event.text}, done: {done: true}}
"""
STREAM = """stream: |
  data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

  data: {"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}

  data: [DONE]

"""


async def seen(text: str) -> Observed:
    tested = case(f"name: n\nendpoint: ask\n{text}")
    return await observe(tested, served(a=SITE), dict(answers(tested.test, "sse")).get("whole"))


async def test_a_whole_answer_and_the_request_that_goes_up() -> None:
    choices = "[{index: 0, message: {role: assistant, content: Hello}, finish_reason: stop}]"
    told = (await seen(f"given: {{body: {{q: Hi}}}}\nresponse: {{choices: {choices}}}")).found
    assert (told["status"], told["answer"]) == (200, {"a": "Hello"})
    assert told["request"]["body"]["messages"] == [{"role": "user", "content": "Hi"}]


async def test_a_stream() -> None:
    told = (await seen(f"given: {{body: {{q: Hi, stream: true}}}}\n{STREAM}")).found
    assert told["frames"] == [{"chunk": "Hel"}, {"chunk": "lo"}, {"done": True}]


async def test_an_error_of_the_upstream() -> None:
    told = (await seen("given: {body: {q: Hi}}\nerror: {status: 429, json: {error: {message: slow}}}")).found
    assert (told["status"], told["answer"]["error"]["message"]) == (429, "slow")


async def test_an_endpoint_speaks_its_clients_protocol() -> None:
    body = "{model: small, max_tokens: 9, messages: [{role: user, content: Hi}]}"
    text = f"name: n\nendpoint: messages\ngiven: {{body: {body}}}\n"
    choices = "[{index: 0, message: {role: assistant, content: Hello}, finish_reason: stop}]"
    site = SITE.replace("endpoints:", "endpoints:\n  messages: {path: /m, surface: anthropic-messages}")
    tested = case(f"{text}response: {{choices: {choices}}}")
    told = (await observe(tested, served(a=site), dict(answers(tested.test, "sse")).get("whole"))).found
    assert (told["status"], told["answer"]["content"]) == (200, [{"type": "text", "text": "Hello"}])
    assert told["request"]["path"] == "/chat/completions"
    assert model_of(tested, served(a=site)) == "small"


def test_which_endpoint_and_which_model() -> None:
    snapshot = served(a=SITE)
    assert model_of(case("name: n\nendpoint: ask\n"), snapshot) == "small"
    assert found(case("name: n\nendpoint: other\n"), snapshot) is None
