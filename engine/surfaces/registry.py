"""The surfaces that are compiled in."""

from __future__ import annotations

from engine.registry import Registry
from engine.surfaces.openai_chat.surface import ChatCompletions
from engine.surfaces.surface import Surface

SURFACES: Registry[Surface] = Registry("surface")
SURFACES.add(ChatCompletions())


def compiled_in() -> dict[str, Surface]:
    return {surface.name: surface for surface in SURFACES}
