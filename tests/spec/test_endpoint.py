from __future__ import annotations

import pytest

from engine.spec.endpoint import Endpoint
from engine.tree import Mapping, Scalar

from .reading import accepts, bind, read

DESIGN = """
path: /v1/git-error/
methods: [POST]
auth: {bearer: "${env:API_TOKEN:-}", when: "=body.x"}
request: {schema: {type: object, required: [command]}}
action: complete
with:
  prompt: git_error
  variables: {command: "=join(' ', to_list(body.command))"}
  model: small
  credential: =body.api_key
response: {solution: =result.text}
stream: {when: =body.stream, each: {chunk: =event.text}, done: {done: true}, error: {error: =error.message}}
errors: detail
status: 201
"""


def test_the_endpoint_of_the_design() -> None:
    found = read(Endpoint, DESIGN)
    assert (found.path, found.methods, found.action) == ("/v1/git-error/", ("POST",), "complete")
    assert found.request.schema == {"type": "object", "required": ["command"]}
    assert list(found.with_.inputs) == ["variables", "credential"] and found.with_.model.value == "small"
    assert isinstance(found.response, Mapping) and isinstance(found.errors, Scalar)
    assert found.stream.when.value == "=body.stream" and found.status.value == 201


def test_references_of_an_action_and_of_a_way_through() -> None:
    assert [(ref.kind, ref.name) for ref in bind(Endpoint, DESIGN)[1].references] == [
        ("prompt", "git_error"), ("model", "small"),
    ]  # fmt: skip
    found, binding = bind(Endpoint, "{path: '/openai/{path}', pass: openai}")
    assert found.pass_ == "openai" and [ref.kind for ref in binding.references] == ["provider"]


@pytest.mark.parametrize("auth", ["none", "clients", "password"])
def test_auth_by_name(auth: str) -> None:
    assert read(Endpoint, f"{{path: /x, surface: s, auth: {auth}}}").auth == auth


@pytest.mark.parametrize(
    "text",
    ["{path: /x}", "{surface: s}", "{path: x, surface: s}", "{path: /x, surface: s, pass: p}", "{path: /x, action: a, auth: all}",
     "{path: /x, action: a, methods: [FETCH]}", "{path: /x, action: a, auth: {when: true}}", "{path: /x, action: a, stream: {to: x}}"],
)  # fmt: skip
def test_what_is_no_endpoint(text: str) -> None:
    assert not accepts(Endpoint, text)
