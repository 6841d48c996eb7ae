from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.surfaces.registry import SURFACES
from engine.surfaces.surface import LONGEST_NAME, dropped, named_model

INBOUND = Inbound("POST", "/", {}, {}, b"", "r")
BODY: dict[str, Any] = {
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
    assert dropped(surface.read(BODY, INBOUND, {}, {})[1], surface, body, fields) == expected


@pytest.mark.parametrize("model", [None, "", 3, [], "x" * (LONGEST_NAME + 1)])
def test_no_model(model: Any) -> None:
    with pytest.raises(RequestRefused) as caught:
        named_model(model)
    assert caught.value.info.param == "model"
