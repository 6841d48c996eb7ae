from __future__ import annotations

import pytest

from engine.config.document import read_file

from .cases import Secrets


def found(text: str) -> list[str]:
    file = read_file("f", b"version: 1\n" + text.encode(), Secrets())
    return [f"{item.at.line}:{item.at.column} {item.code} {item.path}" for item in file.diagnostics]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {m: {}}", ["2:10 no-target models.m"]),
        ("models: {m: {targets: []}}", ["2:10 no-target models.m"]),
        ("models: {m: {targets: [5]}}", ["2:24 wrong-type models.m.targets.0"]),
        ("models: {m: {targets: [p/x]}}", []),
        ("models: {m: {targets: ['p/x*']}}", ["2:27 no-star models.m.targets.0.model"]),
        ("models: {'m*': {targets: ['p/x*']}}", []),
        ("models: {m: {targets: [{provider: p, model: '=concat(x, `*`)'}]}}", []),
        ("models: {m: {targets: [p/x, p/x]}}", ["2:29 unreachable-target models.m.targets.1"]),
        ("models: {m: {targets: [p/x, {provider: p, model: x, when: =a}]}}", ["2:29 unreachable-target models.m.targets.1"]),
        ("models: {m: {targets: [{provider: p, model: x, when: =a}, p/x]}}", []),
        ("models: {m: {strategy: weighted, targets: [p/x, {provider: p, model: y, weight: 0}]}}",
         ["2:49 unreachable-target models.m.targets.1"]),
        ("models: {m: {targets: [{provider: p, model: y, weight: 0}]}}", []),
        ("pools: {p: {credentials: []}}", []),
        ("pools: {p: {credentials: [{id: a}, {id: b}, {id: a}]}}", ["2:45 duplicate-name pools.p.credentials.2.id"]),
        ("pools: {p: {credentials: [{id: a, secret: x, region: eu, session_token: '${env:KEY}', client_secret: =a}]}}",
         ["2:43 plain-secret pools.p.credentials.0.secret"]),
        ("endpoints: {e: {path: '/{path}/x', surface: s}}", ["2:16 bad-path endpoints.e.path"]),
        ("endpoints: {e: {path: '/x/{path}', surface: s}}", []),
        ("endpoints: {e: {path: '/{a}/{a}', surface: s}}", ["2:16 bad-path endpoints.e.path"]),
    ],
)  # fmt: skip
def test_checks_within_a_file(text: str, said: list[str]) -> None:
    assert found(text) == said
