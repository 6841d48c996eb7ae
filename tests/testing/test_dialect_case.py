from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.registry import compiled_in
from engine.testing.answers import answers
from engine.testing.dialect_case import observe
from engine.testing.observed import Observed
from engine.testing.world import NOW
from tests.testing.sample import STREAM, acme, case

MESSAGES = "messages: [{role: user, content: Hi}]"


def seen(text: str) -> Observed:
    found = case(f"name: n\ndialect: acme\n{text}")
    given = dict(answers(found.test, "sse"))
    return observe(found, acme(), given.get("whole"), compiled_in()["openai-chat"])


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def test_a_request_with_all_that_the_test_gives() -> None:
    found = seen(
        f"given: {{body: {{model: x, temperature: 0.5, {MESSAGES}}}, model: big-1, client: web, credential: {{key: k}}}}"
    )
    request: dict[str, Any] = found.found["request"]
    assert (request["method"], request["path"], request["query"]) == (
        "POST",
        "/v1/talk?style=plain",
        {"style": "plain"},
    )
    assert request["headers"]["x-key"] == "k"
    assert request["body"] == {
        "model": "big-1",
        "id": "r_1",
        "at": NOW,
        "strong": True,
        "who": "web",
        "lines": ["Hi"],
        "heat": 0.5,
    }
    assert found.found["unsupported"] == []


def test_defaults_and_overrides() -> None:
    request = seen("given: {params: {style: odd}, features: {tools: true}}").found["request"]
    assert request["query"] == {"style": "odd"}
    assert (request["body"]["model"], request["body"]["strong"]) == ("m", True)
    assert request["headers"]["x-key"] == "sk-test"
    assert seen("given: {model: big-1, features: {tools: false}}").found["request"]["body"]["strong"] is False


def test_what_the_mapping_does_not_carry_is_told() -> None:
    assert seen(f"given: {{body: {{model: x, seed: 7, {MESSAGES}}}}}").found["unsupported"] == ["seed"]


def test_a_request_that_is_refused() -> None:
    found = seen("given: {body: {model: x, messages: 5}}")
    assert list(found.found) == ["reject"]
    assert (found.found["reject"]["status"], found.found["reject"]["param"]) == (400, "messages")
    assert found.why_not.startswith("the request was refused: ")


def test_a_stream_is_told_streamed_and_whole() -> None:
    found = seen(f"stream: |\n{indented(STREAM)}").found
    assert found["deltas"] == [{"role": "assistant", "content": "Hel"}, {"content": "lo"}, {}]
    assert found["finish"] == "stop"
    assert found["usage"] == {"prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4}
    assert found["completion"]["id"] == "a1"
    assert found["completion"]["choices"][0]["message"]["content"] == "Hello"
    assert found["events"][0] == ["start", {"id": "a1"}]
    assert "error" not in found


def test_state_may_be_given() -> None:
    found = seen(f"given: {{state: {{seen: 5}}}}\nstream: |\n{indented(STREAM)}").found
    assert found["usage"]["completion_tokens"] == 7


def test_an_error_in_mid_stream_keeps_what_came_before_and_has_a_class() -> None:
    text = 'event: word\ndata: "Hel"\n\nevent: oops\ndata: {"text": "no", "kind": "k"}\n\n'
    found = seen(f"stream: |\n{indented(text)}")
    assert found.found["deltas"] == [{"role": "assistant", "content": "Hel"}]
    assert (found.found["error"]["class"], found.found["error"]["code"]) == ("upstream", "k")
    assert "completion" not in found.found and found.why_not == "the answer is an error: no"


def test_a_stream_that_breaks_off_is_an_error() -> None:
    found = seen('stream: "event: word\\ndata: \\"Hel\\"\\n\\n"').found
    assert found["error"]["code"] == "truncated_stream"


def test_a_whole_answer_and_an_error_that_looks_like_one() -> None:
    assert seen("response: {text: Hello}").found["completion"]["choices"][0]["message"]["content"] == "Hello"
    found = seen("response: {fault: broken}").found
    assert (found["error"]["message"], found["error"]["status"]) == ("broken", 502)


@pytest.mark.parametrize(
    ("answer", "error_class", "message"),
    [
        ("{status: 429, json: {fault: slow}}", "rate_limit", "slow"),
        ("{status: 500, text: oh}", "upstream", "oh"),
        ("{status: 302, text: elsewhere}", "upstream", "elsewhere"),
    ],
)
def test_errors_by_status(answer: str, error_class: str, message: str) -> None:
    error = seen(f"error: {answer}").found["error"]
    assert (error["class"], error["message"]) == (error_class, message)
