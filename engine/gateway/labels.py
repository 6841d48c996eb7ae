"""What an upstream's answer is, by its content type."""

from __future__ import annotations

from functools import lru_cache

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.mapping.dialect import Operation
from engine.wire.framing import FramingSpec
from engine.wire.registry import FRAMINGS, framing_for

# Labels that say nothing: such an answer is read as what was asked for.
UNLABELLED = ("", "text/plain", "application/octet-stream")


@lru_cache(maxsize=64)
def label_of(content_type: str) -> tuple[FramingSpec | None, str, bool]:
    """The framing that a content type stands for, its bare name, whether it is JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return framing_for(kind), kind, kind.endswith(("/json", "+json"))


def framing_of(content_type: str, operation: Operation, *, asked: bool) -> FramingSpec | None:
    """How to cut an answer into frames, by its content type; None for a whole JSON answer.

    Raises `UpstreamFailed` for a type that is neither. A framing that travels as plain JSON, and an answer
    without a label, are what was asked for.
    """
    found, kind, is_json = label_of(content_type)
    if found is not None:
        return found
    if not is_json and kind not in UNLABELLED:
        message = f"the upstream answered with content type {kind[:100]!r}"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "unexpected_content_type"))
    declared = FRAMINGS.get(operation.stream.framing) if asked and operation.stream else None
    return declared if declared and (not is_json or not declared.content_types) else None
