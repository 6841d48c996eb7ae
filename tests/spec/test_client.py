from __future__ import annotations

import pytest

from engine.spec.client import Client

from .reading import accepts, bind, read

HASH = "sha256:" + "0f" * 32


def test_a_client_with_keys_and_limits() -> None:
    found = read(
        Client, f"{{key: [{HASH}, k2], models: [smart, 'a*'], limits: {{rpm: 60}}, ips: 10.0.0.0/8}}"
    )
    assert (found.key, found.models, found.limits.rpm, found.ips) == (
        (HASH, "k2"),
        ("smart", "a*"),
        60,
        ("10.0.0.0/8",),
    )
    assert read(Client, "{key: k}").key == ("k",) and read(Client, "{key: k}").models is None


@pytest.mark.parametrize(
    ("key", "paths"),
    [("plain", ["key"]), (HASH, []), (f"[{HASH}, plain]", ["key.1"]), ("=x", []), ("''", [])],
)
def test_only_a_plain_key_is_a_warning(key: str, paths: list[str]) -> None:
    found = bind(Client, f"{{key: {key}}}")[1].problems.items
    assert [(item.code, item.path) for item in found] == [("plain-secret", path) for path in paths]


def test_a_client_with_tokens() -> None:
    found = read(
        Client,
        "{jwt: {jwks_file: keys.json, issuer: i, audience: a, name: =claims.sub, algorithms: [RS256]}}",
    )
    assert (found.jwt.jwks_file, found.jwt.audience, found.jwt.leeway) == ("keys.json", ("a",), 60.0)


@pytest.mark.parametrize(
    "text",
    ["{}", "{key: k, jwt: {jwks_file: f}}", "{jwt: {issuer: i}}", "{key: ''}", "{key: 'a b'}", "{key: sha256:1}",
     "{jwt: {jwks_file: f, algorithms: [none]}}", "{key: k, ips: [host]}", "{key: k, models: ['']}"],
)  # fmt: skip
def test_what_is_no_client(text: str) -> None:
    assert not accepts(Client, text)
