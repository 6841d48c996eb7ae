from __future__ import annotations

import pytest

from engine.surfaces.registry import SURFACES
from engine.surfaces.surface import dropped

BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "hi"}],
    "max_completion_tokens": 5,
    "top_k": 3,
    "seed": 1,
    "stream": True,
    "logit_bias": {"1": 1},
    "n": 1,
}


@pytest.mark.parametrize(
    ("body", "fields", "expected"),
    [
        (frozenset(), frozenset(), ["max_completion_tokens", "top_k", "seed", "logit_bias"]),
        (frozenset({"top_k"}), frozenset({"max_tokens"}), ["seed", "logit_bias"]),
        (frozenset({"top_k", "logit_bias", "seed"}), frozenset({"max_tokens", "turns"}), []),
        (None, frozenset(), []),
    ],
)
def test_dropped_parameters(body: frozenset[str] | None, fields: frozenset[str], expected: list[str]) -> None:
    surface = SURFACES.get("openai-chat")
    assert surface
    assert dropped(surface.decode(BODY), surface, body, fields) == expected
