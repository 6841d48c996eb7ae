from __future__ import annotations

import pytest

from engine.errors import MappingFailed
from engine.mapping.steps import Steps
from tests.mapping.templates import dialect, good, scope

STEP = "{request: {method: GET, path: \"/jobs/${data.id}\"}, until: =data.status == 'done', every: 500ms, max: 9}"


def steps(text: str) -> Steps:
    made = good(f"operations: {{chat: {{request: {{path: /}}, response: {{steps: {text}, events: []}}}}}}")
    return made.operations["chat"].steps


def test_a_step() -> None:
    (step,) = steps(f"[{STEP}]")
    assert (step.every, step.max) == (0.5, 9)
    assert step.request.render(scope(data={"id": "j1"}))[:2] == ("GET", "/jobs/j1")
    assert [step.done({"status": found}, 200, {}, scope()) for found in ("running", "done")] == [False, True]


def test_what_is_not_written() -> None:
    (step,) = steps("{request: {path: /next}}")
    assert (step.every, step.max, step.until) == (1.0, None, None)
    assert step.done({}, 200, {}, scope()) and step.wanted({}, 200, {}, scope())


def test_let_is_evaluated_anew_for_each_step() -> None:
    made = good(
        "let: {nonce: \"=uid('n')\"}\n"
        'operations: {chat: {request: {path: "/${nonce}"}, '
        'response: {steps: {request: {path: "/${nonce}/${nonce}"}}, events: []}}}'
    )
    chat = made.operations["chat"]
    attempt = scope()
    assert chat.request is not None
    assert chat.request.render(attempt).path == "/n1"
    assert chat.steps[0].request.render(attempt.renew(data={})).path == "/n2/n2"


def test_what_a_step_reads_counts_for_the_operation() -> None:
    made = good(
        "operations: {chat: {request: {path: /, body: =body.a}, "
        "response: {steps: {request: {path: /, body: =body.b}}, events: []}}}"
    )
    assert made.operations["chat"].reads_body == {"a", "b"}


def test_mistakes() -> None:
    text = "operations: {chat: {request: {path: /}, response: {steps: [{until: =data}, {request: {}, every: 5}]}}}"
    assert [item.code for item in dialect(text)[1]] == ["bad-duration"]
    text = "operations: {chat: {request: {path: /}, response: {events: []}, cancel: {path: /stop}}}"
    assert [item.code for item in dialect(text)[1]] == ["nothing-to-cancel"]
    text = f"operations: {{chat: {{request: {{path: /}}, stream: {{steps: {STEP}, events: []}}}}}}"
    assert [item.code for item in dialect(text)[1]] == ["until-of-a-stream"]


def test_a_step_is_made_when_the_answer_before_says_so() -> None:
    (step,) = steps("{request: {path: /next}, when: =data.more && status == `201`}")
    assert [step.wanted({"more": True}, status, {}, scope()) for status in (201, 200)] == [True, False]
    assert step.told == {"when": "=data.more && status == `201`"}


def test_a_step_may_go_to_a_whole_address() -> None:
    (step,) = steps("{request: {method: GET, url: =data.next}}")
    assert step.request.render(scope(data={"next": "https://x.test/a?b=c"})).url == "https://x.test/a?b=c"
    with pytest.raises(MappingFailed, match=r"GET =data\.next: the answer before has no address"):
        step.request.render(scope(data={}))


def test_what_cancels_is_a_request_with_the_data_of_the_step() -> None:
    made = good(
        f"operations: {{chat: {{request: {{path: /}}, response: {{steps: {STEP}, events: []}}, "
        'cancel: {method: DELETE, path: "/jobs/${data.id}", body: =body.why}}}'
    )
    chat = made.operations["chat"]
    assert chat.cancel is not None and chat.cancel.words == "DELETE /jobs/${data.id}"
    assert chat.cancel.render(scope(data={"id": "j?1"}))[:2] == ("DELETE", "/jobs/j%3F1")
    assert chat.reads_body == {"why"}
