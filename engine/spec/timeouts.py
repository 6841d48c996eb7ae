"""`timeout:` of a provider."""

from __future__ import annotations

from engine.spec.base import Spec, field, spec


@spec
class Timeouts(Spec):
    """How long each part of an attempt may take."""

    LABEL = "timeout"

    connect: float | None = field("Until the connection stands.", default=None, form="duration", example="5s")
    first_byte: float | None = field(
        "Until the first event, or the first byte of a JSON answer.",
        default=None,
        form="duration",
        example="60s",
    )
    idle: float | None = field("Between two events.", default=None, form="duration", example="60s")
    total: float | None = field("For the whole attempt.", default=None, form="duration", example="10m")
