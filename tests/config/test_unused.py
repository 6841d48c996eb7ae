from __future__ import annotations

import pytest

from engine.config.document import read_file
from engine.config.references import check

from .cases import SHIPPED, Secrets


def warned(text: str) -> list[str]:
    file = read_file("f", f"version: 1\n{text}".encode(), Secrets())
    return [f"{item.code} {item.message}" for item in check({"f": file}, SHIPPED) if not item.is_error]


CLIENTS = 'clients: {web: {key: "${env:KEY}"}, team-a: {key: "${env:KEY}"}}\n'


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("web", []), ("team-*", []), ("'*'", []), ("w?b", []),
        ("wbe", ["unknown-client there is no client 'wbe'"]),
        ("bot-*", ["unknown-client 'bot-*' matches no client"]),
    ],
)  # fmt: skip
def test_access_for_nobody(entry: str, said: list[str]) -> None:
    assert warned(f"{CLIENTS}models: {{m: {{access: {{clients: [{entry}]}}}}}}") == said


def test_where_tokens_name_their_bearers_any_name_may_come() -> None:
    text = "clients: {users: {jwt: {jwks_file: k, name: =claims.sub}}}\nmodels: {m: {access: {clients: [alice]}}}"
    assert warned(text) == []


@pytest.mark.parametrize(
    ("entry", "quiet"),
    [("m", True), ("m*", True), ("fast-1", True), ("fast-*", True), ("nope", False), ("x*", False)],
)
def test_models_of_a_client_that_match_nothing(entry: str, quiet: bool) -> None:
    text = (
        f'models: {{m: {{}}, "fast-*": {{}}}}\nclients: {{c: {{key: "${{env:KEY}}", models: ["{entry}"]}}}}'
    )
    assert (warned(text) == []) is quiet


def test_unused_names() -> None:
    text = (
        "providers: {p: {dialect: openai, base_url: https://h}, raw: {dialect: openai, base_url: https://h}}\n"
        "pools: {q: {credentials: [{id: a}]}}\nprompts: {t: {system: x}, used: {system: x}}\n"
        "endpoints: {e: {path: /x, pass: raw}, f: {path: /y, action: complete, with: {prompt: used}}}\n"
    )
    assert [said.split()[0] for said in warned(text)] == ["unused-provider", "unused-pool", "unused-prompt"]
