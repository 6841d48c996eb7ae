from __future__ import annotations

from typing import Any

import pytest
import yaml

from engine.diagnostics import Position
from engine.testing.observed import Observed, cut_failure, failures
from engine.tree import Entry, Mapping, Node, Scalar, Sequence


def tree(node: yaml.Node) -> Node:
    at = Position("x.test.yaml", node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        pairs = {key.value: Entry(key.value, at, tree(value)) for key, value in node.value}
        return Mapping(pairs, at)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(map(tree, node.value)), at)
    return Scalar(yaml.safe_load(yaml.serialize(node)), at)


def found(text: str, **observed: Any) -> list[str]:
    node = tree(yaml.compose(text))
    assert isinstance(node, Mapping)
    return [f"{item.at.line}:{item.at.column} {item.message}" for item in failures(node, Observed(observed))]


BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def test_only_named_keys_of_a_request_are_compared_and_those_exactly() -> None:
    request = {"method": "POST", "path": "/x", "body": BODY}
    assert found("expect: {request: {path: /x}}", request=request) == []
    assert found("expect:\n  request:\n    body:\n      model: m", request=request) == [
        "4:7 request.body.messages: expected nothing, got [{'role': 'user', 'content': 'hello'}]"
    ]


def test_a_part_is_enough_for_contains() -> None:
    assert found("contains: {request: {body: {messages: [{content: hell}]}}}", request={"body": BODY}) == []
    assert found("contains: {request: {body: {model: n}}}", request={"body": BODY}) == [
        "1:36 request.body.model: expected 'n', got 'm'"
    ]


def test_header_names_have_no_case() -> None:
    request = {"headers": {"X-Api-Key": "k"}}
    assert found("expect: {request: {headers: {x-api-key: k}}}", request=request) == []
    assert found("expect: {request: {headers: {X-API-Key: k}}}", request=request) == []


def test_nulls_in_answers_are_as_good_as_absent_but_not_in_requests() -> None:
    completion = {"id": "1", "choices": [{"message": {"content": "a", "refusal": None}, "logprobs": None}]}
    assert found("expect: {completion: {choices: [{message: {content: a}}]}}", completion=completion) == []
    assert found("expect: {request: {body: {}}}", request={"body": {"stop": None}}) == [
        "1:26 request.body.stop: expected nothing, got None"
    ]


def test_chunks_are_compared_by_the_keys_that_are_named() -> None:
    chunks = [{"id": "1", "created": 5, "choices": []}, {"id": "1", "created": 5, "choices": [1]}]
    assert found("expect: {chunks: [{choices: []}, {choices: [1]}]}", chunks=chunks) == []
    assert found("expect: {chunks: [{choices: []}]}", chunks=chunks) == [
        "1:18 chunks[1]: expected nothing, got {'choices': [1]}"
    ]


def test_what_was_not_observed_says_why() -> None:
    assert found("expect: {finish: stop}") == [
        "1:18 finish: expected, but the test gives no answer of the upstream"
    ]


def test_many_differences_are_cut_short() -> None:
    (only,) = found("expect: {events: [1,2,3,4,5,6,7,8,9,10]}", events=[0] * 10)
    assert only.splitlines()[-1] == "… and 2 more" and len(only.splitlines()) == 9


def test_an_exact_failure_has_a_diff() -> None:
    node = tree(yaml.compose("{expect: {finish: stop}, contains: {finish: stop}}"))
    assert isinstance(node, Mapping)
    exact, part = failures(node, Observed({"finish": "length"}))
    assert '-"stop"' in exact.diff and part.diff == ""


@pytest.mark.parametrize("same", [True, False])
def test_cuts(same: bool) -> None:
    at = Position("x.test.yaml", 7)
    failed = cut_failure(
        at, "byte by byte", Observed({"deltas": [1]}), Observed({"deltas": [1] if same else []})
    )
    assert (failed is None) is same
    if failed:
        assert failed.at == at and "byte by byte, deltas[0]" in failed.message
