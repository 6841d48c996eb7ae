from __future__ import annotations

from engine.mapping.steps import StepsProgram
from tests.mapping.templates import dialect, good, scope

STEP = "{request: {method: GET, path: \"/jobs/${data.id}\"}, until: =data.status == 'done', every: 500ms, max: 9}"


def steps(text: str) -> StepsProgram:
    made = good(f"operations: {{chat: {{request: {{path: /}}, response: {{steps: {text}, events: []}}}}}}")
    program = made.operations["chat"].steps
    assert program is not None
    return program


def test_a_step() -> None:
    (step,) = steps(f"[{STEP}]").steps
    assert (step.every, step.max) == (0.5, 9)
    assert step.request.render(scope(data={"id": "j1"}))[:2] == ("GET", "/jobs/j1")
    assert [step.done({"status": found}, 200, {}, scope()) for found in ("running", "done")] == [False, True]


def test_what_is_not_written() -> None:
    (step,) = steps("{request: {path: /next}}").steps
    assert (step.every, step.max, step.until) == (1.0, None, None)
    assert step.done({}, 200, {}, scope())


def test_let_is_evaluated_anew_for_each_step() -> None:
    made = good(
        "let: {nonce: \"=uid('n')\"}\n"
        'operations: {chat: {request: {path: "/${nonce}"}, '
        'response: {steps: {request: {path: "/${nonce}/${nonce}"}}, events: []}}}'
    )
    chat = made.operations["chat"]
    attempt = scope()
    assert chat.request is not None and chat.steps is not None
    assert chat.request.render(attempt).path == "/n1"
    assert chat.steps.steps[0].request.render(attempt.renew(data={})).path == "/n2/n2"


def test_what_a_step_reads_counts_for_the_operation() -> None:
    made = good(
        "operations: {chat: {request: {path: /, body: =body.a}, "
        "response: {steps: {request: {path: /, body: =body.b}}, events: []}}}"
    )
    assert made.operations["chat"].reads_body == {"a", "b"}


def test_mistakes() -> None:
    text = "operations: {chat: {request: {path: /}, response: {steps: [{until: =data}, {request: {}, every: 5}]}}}"
    assert [item.code for item in dialect(text)[1]] == ["bad-duration"]
