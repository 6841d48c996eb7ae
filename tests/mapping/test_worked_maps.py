"""The worked maps of the study compile, and do what their fixtures say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.mapping.request import Rendered
from tests.mapping.templates import chat_scope
from tests.mapping.worked import NEEDED, SKETCH, cases, compiled

pytestmark = NEEDED
DIALECTS = ("anthropic", "bedrock", "coze", "dify", "gemini", "ollama", "openai")


def name(value: object) -> str | None:
    return value if isinstance(value, str) else None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_they_compile(dialect: str) -> None:
    found = compiled(SKETCH / "maps" / f"{dialect}.yaml")[1]
    assert [f"{item.at} {item.message}" for item in found if item.is_error] == []


def rendered(dialect: str, given: dict[str, Any]) -> Rendered:
    request = compiled(SKETCH / "maps" / f"{dialect}.yaml")[0].operations["chat"].request
    assert request is not None
    names = {key: given[key] for key in ("model", "features", "params") if key in given}
    return request.render(chat_scope(given["body"], **names))


@pytest.mark.parametrize(("dialect", "case"), cases("request"), ids=name)
def test_requests(dialect: str, case: dict[str, Any]) -> None:
    expected = case["expect"]["request"]
    found = rendered(dialect, case["given"])._asdict()
    for part in expected.keys() & {"method", "path", "query", "headers", "body"}:
        assert found[part] == expected[part]


@pytest.mark.parametrize(("dialect", "case"), cases("reject"), ids=name)
def test_refusals(dialect: str, case: dict[str, Any]) -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    given = {"body": {"model": "m", "messages": [{"role": "user", "content": [audio]}]}}
    with pytest.raises(RequestRefused) as refused:
        rendered(dialect, given)
    expected = case["expect"]["reject"]
    assert (refused.value.info.status, refused.value.info.param) == (expected["status"], expected["param"])


ERRORS = [(dialect, case) for dialect, case in cases("error") if "error" in case]


@pytest.mark.parametrize(("dialect", "case"), ERRORS, ids=name)
def test_errors(dialect: str, case: dict[str, Any]) -> None:
    answer, expected = case["error"], case["expect"]["error"]
    program = compiled(SKETCH / "maps" / f"{dialect}.yaml")[0].error
    text = answer["text"]
    data = json.loads(text) if text[:1] in "{[" else None
    given = (data, answer["status"], answer["headers"], text, chat_scope({"model": "m", "messages": [USER]}))
    info = program.info(*given)
    told = {"class": str(info.error_class), "message": info.message, "code": info.code}
    assert {key: told[key] for key in told.keys() & expected.keys()} == {
        key: expected[key] for key in told.keys() & expected.keys()
    }
    if "retry_after" in expected:
        assert info.retry_after == float(expected["retry_after"])
    assert answer["status"] != 200 or program.when(*given)


USER = {"role": "user", "content": "hi"}


def test_the_broken_map_tells_every_mistake_at_its_place() -> None:
    found = compiled(SKETCH / "broken.yaml")[1]
    assert [(item.at.line, item.at.column, item.code, item.hint) for item in found] == [
        (4, 9, "unknown-name", "did you mean 'body.messages'?"),
        (9, 15, "unknown-name", "did you mean 'model'?"),
        (12, 16, "arithmetic", "JMESPath has no arithmetic; use add(a, b)"),
        (13, 12, "unknown-function", "did you mean 'to_list()'?"),
        (14, 30, "bare-number", "number literals are written `4096`"),
        (19, 16, "unknown-name", "did you mean 'msg'?"),
        (20, 27, "unknown-function", None),
        (20, 68, "unknown-def", "did you mean 'part'?"),
        (22, 7, "unknown-directive", "did you mean '$each'?"),
        (24, 20, "negation-precedence", "put the whole path in parentheses: !(a.b)"),
        (24, 45, "wrong-arity", found[10].hint),
        (28, 11, "bad-arguments", "did you mean 'then'?"),
        (32, 7, "unknown-event", "did you mean 'text'?"),
        (33, 48, "unknown-name", "did you mean 'data'?"),
    ]
    assert all(item.is_error for item in found)
    assert [item.path for item in found][-5:] == [
        "operations.chat.request.body.kind.$when",
        "operations.chat.request.body.kind.$value",
        "operations.chat.request.body.pick.$switch.0.than",
        "operations.chat.stream.events.0.txt",
        "operations.chat.stream.events.1.tool_call.id",
    ]
