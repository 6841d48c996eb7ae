from __future__ import annotations

import pytest

from engine.registry import Example
from engine.signing.registry import SCHEMES
from engine.signing.scheme import Scheme
from tests.signing.requests import NOW, outgoing


def test_the_schemes() -> None:
    assert {"sigv4", "hmac"} <= set(SCHEMES.names())


@pytest.mark.parametrize(
    ("scheme", "example"),
    [(scheme, example) for scheme in SCHEMES for example in scheme.examples],
    ids=lambda value: value.name if isinstance(value, Scheme) else value.text[:30],
)
def test_examples(scheme: Scheme, example: Example) -> None:
    inputs = dict(example.given or {})
    sent = outgoing(example.text, inputs.pop("now", NOW))  # type: ignore[arg-type]
    assert inputs.keys() <= scheme.inputs.keys()
    headers, grant = scheme.signature(sent, inputs, None)
    if grant is None:
        assert headers == example.result
        return
    asked, body = grant.ask(NOW, lambda prefix: f"{prefix}1")
    proof = {"authorization": asked["authorization"]} if "authorization" in asked else {}
    assert {"url": grant.url, "body": body.decode(), **proof} == example.result


@pytest.mark.parametrize("scheme", list(SCHEMES), ids=lambda scheme: scheme.name)
def test_inputs_are_told(scheme: Scheme) -> None:
    assert scheme.required | set(scheme.held) <= scheme.inputs.keys()
    assert all(scheme.inputs.values())
