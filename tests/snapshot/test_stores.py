from __future__ import annotations

import pytest

from tests.snapshot.sites import MOCK, FakeSecrets, compiled, served

AROUND = """
models: {small: {targets: [mock/x]}}
prompts:
  title: {user: 'A title for {{ question }} and {{ answer }}'}
  other: {user: 'A title for {{ everything }}'}
endpoints: {e: {path: /e, action: conversations.list, with: {conversations: main}}}
"""


def diagnostics(store: str) -> list[tuple[str, str, str | None]]:
    outcome = compiled(FakeSecrets(), mock=MOCK, s=AROUND, a=f"conversations: {{main: {store}}}")
    found = [item for item in outcome.diagnostics if not item.code.startswith("unused-")]
    return [(item.code, item.path, item.hint) for item in found]


@pytest.mark.parametrize(
    "store",
    [
        "{}",
        "{keep: 5, per: store, owner: =client.name}",
        "{title: {default: New}}",
        "{title: {prompt: title, params: {max_tokens: 5}}}",
        "{title: {prompt: title, model: small, default: New}}",
    ],
)
def test_a_store_that_is_well(store: str) -> None:
    assert diagnostics(store) == []


@pytest.mark.parametrize(
    ("store", "code", "path", "hint"),
    [
        ("{owner: =clint.name}", "unknown-name", "owner", "did you mean 'client'?"),
        ("{title: {prompt: other}}", "missing-variable", "title.prompt", "it is given answer, question"),
        ("{title: {model: small}}", "no-effect", "title.model", None),
    ],
)
def test_a_mistake_is_found_at_load(store: str, code: str, path: str, hint: str | None) -> None:
    assert diagnostics(store) == [(code, f"conversations.main.{path}", hint)]


@pytest.mark.parametrize("kind", ["prompt", "model"])
def test_names_must_exist(kind: str) -> None:
    said = {"prompt": "title", kind: "nowhere"}
    title = ", ".join(f"{key}: {name}" for key, name in said.items())
    assert [code for code, _, _ in diagnostics(f"{{title: {{{title}}}}}")] == [f"unknown-{kind}"]


def test_endpoints_get_the_store_opened() -> None:
    endpoints = served(mock=MOCK, s=AROUND, a="conversations: {main: {keep: 5}}").endpoints
    program = endpoints[0].action
    assert program is not None
    ((name, _),) = program.inputs.made
    assert name == "conversations"
