"""Aliases, clients and endpoints as they are served."""

from __future__ import annotations

from tests.snapshot.sites import MOCK, compiled, served


def test_an_alias_has_its_targets_and_its_fallbacks() -> None:
    snapshot = served(
        mock=MOCK,
        a="models: {a: {targets: [mock/x, {provider: mock, weight: 3}], fallback: [b]}, b: {targets: [mock/y]}}",
    )
    alias = snapshot.aliases.match("a").value
    assert [(target.provider.name, target.model, target.weight) for target in alias.targets] == [
        ("mock", "x", 1.0),
        ("mock", None, 3.0),
    ]
    assert alias.fallback == ("b",)


def test_standard_endpoints_stand_until_a_site_declares_its_own() -> None:
    assert {e.path for e in served(mock=MOCK).endpoints} >= {"/v1/chat/completions", "/v1/models"}
    own = served(
        mock=MOCK,
        a="endpoints: {mine: {path: /chat, surface: openai-chat}, raw: {path: '/raw/{path}', pass: mock}}",
    )
    assert {(e.path, e.kind) for e in own.endpoints} >= {("/chat", "surface"), ("/raw/{path}", "pass")}
    assert "/v1/chat/completions" not in {e.path for e in own.endpoints}
    less = served(mock=MOCK, a="endpoints: {openai-chat: off}")
    assert "/v1/chat/completions" not in {e.path for e in less.endpoints}
    assert "/v1/models" in {e.path for e in less.endpoints}


def test_only_a_standard_endpoint_can_be_turned_off() -> None:
    found = compiled(a="endpoints: {openia-chat: off, openai-chat: off, other: off}").diagnostics
    assert [(item.at.column, item.code, item.is_error) for item in found] == [
        (13, "unknown-endpoint", False),
        (49, "unknown-endpoint", False),
    ]
    assert found[0].hint == "did you mean 'openai-chat'?"


def test_an_endpoint_may_ask_for_a_key_whatever_holds_for_the_site() -> None:
    text = "endpoints: {said: {path: /a, action: health, auth: clients}, usual: {path: /b, action: health}}"
    asks = {each.name: each.keyed for each in served(a=text).endpoints if each.name in ("said", "usual")}
    assert asks == {"said": True, "usual": False}
