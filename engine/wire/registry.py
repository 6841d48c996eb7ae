"""The framings by name and by content type."""

from __future__ import annotations

from engine.registry import Registry, discover
from engine.wire import framings
from engine.wire.framing import FramingSpec

FRAMINGS: Registry[FramingSpec] = discover(framings, Registry("framing"))

_BY_CONTENT_TYPE = {kind: spec for spec in FRAMINGS for kind in spec.content_types}


def framing_for(content_type: str) -> FramingSpec | None:
    """The framing that a content-type header names; None for anything that is no event stream."""
    return _BY_CONTENT_TYPE.get(content_type.partition(";")[0].strip().lower())
