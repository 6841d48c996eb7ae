"""What the mapping compiler makes fits what this package wants."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.surfaces.declared.programs import Programs
from tests.surfaces.declared.surfaces import inbound, programs, surface

FRAIL = """
decode: {model: "=starts_with(body.model, 'x') && body.model || body.model", system: "=lower(body.rules)", body: {k: "=upper(body.k)"}}
operations: {embeddings: {body: {input: "=lower(body.texts)"}}}
"""


def test_it_fits() -> None:
    made: Programs = programs()
    assert made.name == "small" and made.encode.id == "a_" and made.state() == {"n": 0}


@pytest.mark.parametrize("body", [{"model": 1}, {"model": "m", "k": 1}, {"model": "m", "rules": {}}])
def test_a_request_that_cannot_be_transformed_is_the_clients_mistake(body: dict[str, Any]) -> None:
    frail = surface(FRAIL)
    with pytest.raises(RequestRefused, match=r"cannot be read: mapping failed at s\.yaml:\d") as caught:
        frail.model_of(body, inbound())
        _ = frail.read(body, inbound(), {}, {})[1].system
    assert caught.value.info.status == 400


def test_so_is_one_of_another_operation() -> None:
    with pytest.raises(RequestRefused, match="cannot be read"):
        surface(FRAIL).operations["embeddings"].read({"texts": 1}, inbound(), {}, {})
