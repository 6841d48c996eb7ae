"""Endpoints with actions: what is wrong with them is told at load."""

from __future__ import annotations

import pytest

from tests.snapshot.sites import MOCK, FakeSecrets, compiled, served

SMALL = "models: {small: {targets: [mock/x]}}\nprompts: {hi: {user: 'Hi {{ name }}'}}\n"


def first(text: str, **secrets: str) -> tuple[str, str, str | None]:
    outcome = compiled(FakeSecrets(secrets), mock=MOCK, s=SMALL, a=f"endpoints: {{e: {{path: /e, {text}}}}}")
    found = [item for item in outcome.diagnostics if item.code != "unused-name"]
    return found[0].code, found[0].path, found[0].hint


@pytest.mark.parametrize(
    ("text", "code", "path", "hint"),
    [
        ("action: compleet", "unknown-action", "action", "did you mean 'complete'?"),
        ("surface: openai-chat, with: {model: small, fixd: true}", "no-effect", "with.fixd", None),
        ("surface: openai-chat, with: {model: small, fixed: maybe}", "invalid-value", "with.fixed", None),
        ("surface: openai-chat, with: {model: small, fixed: [true]}", "invalid-value", "with.fixed", None),
        ("surface: openai-chat, with: {fixed: true}", "invalid-value", "with.fixed", None),
        ("action: complete, with: {input: x}", "missing-input", "with", None),
        ("action: complete, with: {input: x, target: mock}", "bad-input", "with.target", None),
        (
            "action: complete, with: {input: x, target: {base_url: x}}",
            "unknown-name",
            "with.target.dialect",
            "it is the name of a dialect, no template",
        ),
        (
            "action: complete, with: {input: x, target: {dialect: opnai}}",
            "unknown-name",
            "with.target.dialect",
            "did you mean 'openai'?",
        ),
        (
            "action: complete, with: {input: x, target: {dialect: openai, url: x}}",
            "unknown-key",
            "with.target",
            "there are dialect, base_url, model, key, params",
        ),
        (
            "action: complete, with: {input: x, model: =profile.mdoel}, profile: {owner: =clint}",
            "unknown-name",
            "profile.owner",
            "did you mean 'client'?",
        ),
        ("action: complete, with: {model: small}", "missing-input", "with", None),
        ("action: respond, with: {text: x, bodi: 1}", "unknown-input", "with.bodi", "did you mean 'body'?"),
        ("action: respond, with: {body: =bdy.x}", "unknown-name", "with.body", "did you mean 'body'?"),
        (
            "action: complete, with: {model: small, input: x, max_tokens: many}",
            "bad-input",
            "with.max_tokens",
            None,
        ),
        ("action: complete, with: {model: small, prompt: hi}", "missing-variable", "with.variables", None),
        (
            "action: complete, with: {model: small, prompt: hi, variables: {nmae: 1}}",
            "missing-variable",
            "with.variables",
            None,
        ),
        ("action: health, stream: {each: x}", "no-stream", "stream", None),
        (
            "action: complete, with: {model: small, input: x}, stream: {kinds: [txet]}",
            "unknown-kind",
            "stream.kinds",
            "did you mean 'text'?",
        ),
        ("action: health, errors: detial", "unknown-style", "errors", "did you mean 'detail'?"),
        ("action: health, errors: {e: =errr.message}", "unknown-name", "errors.e", "did you mean 'error'?"),
        ("action: health, request: {schema: {type: thing}}", "bad-schema", "request.schema", None),
        ("action: health, response: {x: =reslt}", "unknown-name", "response.x", "did you mean 'result'?"),
    ],
)
def test_a_mistake_is_found_at_load(text: str, code: str, path: str, hint: str | None) -> None:
    assert first(text) == (code, f"endpoints.e.{path}", hint)


def test_numbers_may_come_from_the_environment() -> None:
    text = "action: complete, with: {model: small, input: x, max_tokens: '${env:MAX:-9}'}"
    endpoints = served(
        FakeSecrets(), mock=MOCK, s=SMALL, a=f"endpoints: {{e: {{path: /e, {text}}}}}"
    ).endpoints
    program = endpoints[0].action
    assert program is not None and program.inputs.known["max_tokens"] == 9
    assert first(text, MAX="lots")[0] == "bad-input"


def test_methods_follow_what_an_action_does() -> None:
    text = "endpoints: {a: {path: /a, action: health}, b: {path: /b, action: complete, with: {model: small, input: x}}}"
    endpoints = served(mock=MOCK, s=SMALL, a=text).endpoints
    assert [endpoint.methods for endpoint in endpoints[:2]] == [("GET",), ("POST",)]


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        ("none", [("open-endpoint", True)]),
        ("clients", [("open-endpoint", False)]),
        ("password", []),
        ("{bearer: '${env:T:-}'}", []),
    ],
)
def test_what_is_for_the_operator_is_not_for_everybody(auth: str, found: list[tuple[str, bool]]) -> None:
    outcome = compiled(a=f"endpoints: {{e: {{path: /e, action: clients.list, auth: {auth}}}}}")
    assert [(item.code, item.is_error) for item in outcome.diagnostics] == found
