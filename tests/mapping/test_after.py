from __future__ import annotations

from tests.mapping.templates import dialect, good, scope

AFTER = '{request: {method: GET, path: "/jobs/${data.id}"}, until: =data.used, events: [{usage: {output: =data.used}}]}'
STEPS = "steps: {request: {path: /live}}"


def test_the_call_and_its_events() -> None:
    made = good(
        f"operations: {{chat: {{request: {{path: /}}, stream: {{{STEPS}, after: {AFTER}, events: []}}}}}}"
    )
    after = made.operations["chat"].after
    assert after is not None and after.step.request.words == "GET /jobs/${data.id}"
    assert not after.reads_request
    assert after.step.done({"used": 3}, 200, {}, scope()) and not after.step.done({}, 200, {}, scope())
    assert after.events({"used": 3}, 200, {}, scope())[0][:2] == ("usage", {"output": 3})


def test_it_holds_the_request_only_if_it_reads_it() -> None:
    reading = AFTER.replace("=data.used}}", "=body.n}}")
    made = good(
        f"operations: {{chat: {{request: {{path: /}}, stream: {{{STEPS}, after: {reading}, events: []}}}}}}"
    )
    after = made.operations["chat"].after
    assert after is not None and after.scope(scope(body={"n": 1})).body == {"n": 1}


def test_it_needs_steps() -> None:
    text = f"operations: {{chat: {{request: {{path: /}}, stream: {{after: {AFTER}, events: []}}}}}}"
    assert [item.code for item in dialect(text)[1]] == ["missing-key"]
