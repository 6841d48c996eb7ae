from __future__ import annotations

from engine.surfaces.registry import SURFACES


def test_the_hub_is_compiled_in() -> None:
    assert "openai-chat" in SURFACES.names()


def test_endpoints_do_not_collide() -> None:
    places = [
        (end.path, method) for surface in SURFACES for end in surface.endpoints for method in end.methods
    ]
    assert len(places) == len(set(places))
    names = [end.name for surface in SURFACES for end in surface.endpoints]
    assert len(names) == len(set(names))
    assert {end.kind for surface in SURFACES for end in surface.endpoints} <= {
        "surface",
        "models",
        "realtime",
    }
