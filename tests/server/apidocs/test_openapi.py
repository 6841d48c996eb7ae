from __future__ import annotations

import re
from typing import Any

import pytest

from engine.server.apidocs.openapi import document
from tests.gateway.playbook import Game

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
models: {m: {targets: [a/m]}}
"""
OWN = (
    SITE
    + """
endpoints:
  chat: {path: /team/chat, surface: openai-chat}
  open: {path: /open, surface: openai-chat, auth: none}
  raw: {path: "/raw/{path}", pass: a, methods: [GET, POST]}
"""
)


def made(site: str = SITE, keys_asked: bool = False) -> Any:
    return document(Game(site).snapshot, keys_asked=keys_asked)


def operations(told: Any) -> list[Any]:
    return [operation for item in told["paths"].values() for operation in item.values()]


@pytest.mark.parametrize("site", [SITE, OWN])
@pytest.mark.parametrize("keys_asked", [True, False])
def test_the_document_holds_together(site: str, keys_asked: bool) -> None:
    told = made(site, keys_asked)
    ids = [operation["operationId"] for operation in operations(told)]
    assert len(ids) == len(set(ids)) > 2
    for path, item in told["paths"].items():
        for operation in item.values():
            named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            schemes = {name for one in operation["security"] for name in one}
            assert schemes <= set(told["components"]["securitySchemes"])
    shapes = [re.sub(r"\{\w+\}", "{}", path) for path in told["paths"]]
    assert len(shapes) == len(set(shapes))


def test_a_site_without_endpoints_serves_the_standard_ones() -> None:
    told = made()
    chat = told["paths"]["/v1/chat/completions"]["post"]
    schema = chat["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["model", "messages"] and chat["tags"] == ["openai-chat"]
    assert set(chat["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    models = told["paths"]["/v1/models"]["get"]
    assert "anthropic-version" in models["description"] and "parameters" not in models


def test_what_the_site_declares_is_told() -> None:
    told = made(OWN, keys_asked=True)
    paths = told["paths"]
    assert "/v1/chat/completions" not in paths and paths["/open"]["post"]["security"] == []
    assert {"clientKey": []} in paths["/team/chat"]["post"]["security"]
    raw = paths["/raw/{path}"]
    assert set(raw) == {"get", "post"} and "requestBody" not in raw["get"]
    assert list(raw["post"]["requestBody"]["content"]) == ["*/*"] and "slashes" in raw["get"]["description"]


def test_without_clients_no_key_is_asked_for() -> None:
    told = made()
    assert told["components"]["securitySchemes"] == {}
    assert all(operation["security"] == [] for operation in operations(told))


ACTIONS = (
    SITE
    + """
prompts: {explain: {user: "Explain {{ what }}"}}
endpoints:
  task:
    path: /v1/task/
    auth: {bearer: "${env:TOKEN}"}
    action: complete
    request: {schema: {type: object, required: [what], properties: {what: {type: string}}}}
    with: {prompt: explain, variables: {what: =body.what}, model: m}
    response: {solution: =result.text}
    stream: {when: =body.stream}
  alive: {path: /alive, auth: none, action: health}
  who: {path: /who, action: respond, with: {body: {name: proxy, asked: =query.name}}}
  page: {path: /page, action: respond, with: {text: hello}}
"""
)


def test_endpoints_over_actions_with_their_schemas_and_tokens() -> None:
    told = document(Game(ACTIONS, secrets={"TOKEN": "secret-token-0123456789"}).snapshot, keys_asked=True)
    task, alive = told["paths"]["/v1/task/"]["post"], told["paths"]["/alive"]["get"]
    schema = task["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"type": "object", "required": ["what"], "properties": {"what": {"type": "string"}}}
    assert task["tags"] == ["actions"] and "text/event-stream" in task["responses"]["200"]["content"]
    assert task["security"] == [{"token-task": []}]
    assert told["components"]["securitySchemes"]["token-task"]["scheme"] == "bearer"
    assert alive["security"] == [] and "requestBody" not in alive
    fields = alive["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert set(fields) == {"status", "time", "models"}
    assert "secret-token" not in str(told)


def test_answers_are_described_by_their_templates() -> None:
    paths = document(Game(ACTIONS, secrets={"TOKEN": "secret-token-0123456789"}).snapshot, keys_asked=False)[
        "paths"
    ]

    def answer(path: str, method: str = "get") -> Any:
        return paths[path][method]["responses"]["200"]["content"]["application/json"].get("schema")

    assert answer("/v1/task/", "post") == {
        "type": "object", "properties": {"solution": {"description": "The text of the answer."}},
    }  # fmt: skip
    assert answer("/who")["required"] == ["name"] and set(answer("/who")["properties"]) == {"name", "asked"}
    assert answer("/page") is None


def test_an_endpoint_that_asks_for_a_key_itself_says_so() -> None:
    told = made(
        SITE
        + "endpoints: {c: {path: /c, surface: openai-chat, auth: clients}, d: {path: /d, surface: openai-chat}}"
    )
    assert {"clientKey": []} in told["paths"]["/c"]["post"]["security"]
    assert (
        told["paths"]["/d"]["post"]["security"] == [] and "clientKey" in told["components"]["securitySchemes"]
    )
