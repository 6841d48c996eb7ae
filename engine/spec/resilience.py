"""`retry:`, `breaker:` and `on_error:`, each of which may be `off`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.spec.base import Rule, Spec, field, spec

ErrorClassName = Literal[
    "invalid", "auth", "quota", "rate_limit", "overloaded", "timeout", "not_found", "content_filter",
    "context_length", "upstream",
]  # fmt: skip
OnError = Mapping[ErrorClassName, "Penalty"]


@spec
class Backoff(Spec):
    """How the wait grows between repetitions."""

    LABEL = "backoff"

    base: float = field("The first wait.", default=0.2, form="duration", example="200ms")
    max: float = field("The longest wait.", default=5.0, form="duration", example="5s")


@spec
class Retry(Spec):
    """Repetitions on the same target; another credential, target or alias is none."""

    LABEL = "retry"

    attempts: int = field("How many times in all.", default=3, minimum=1)
    budget: float = field(
        "Share of requests that may be repeated.", default=0.2, form="fraction", example="20%"
    )
    backoff: Backoff | None = field("The wait between repetitions.", default=None)
    wait: float = field(
        "A longer Retry-After is not waited for.", default=10.0, form="duration", example="10s"
    )


@spec
class Breaker(Spec):
    """When a target is left alone, and for how long."""

    LABEL = "breaker"

    failures: int = field("Failures that open it.", default=5, minimum=1)
    window: float = field("The time in which they count.", default=30.0, form="period", example="30s")
    open: float = field("How long it stays open.", default=15.0, form="duration", example="15s")


@spec
class Health(Spec):
    """Calls that find out whether a provider is well. While it is not, others are preferred."""

    LABEL = "health"
    RULES = (Rule(("path", "model"), required=True),)

    path: str | None = field(
        "What is asked for with GET, behind the base URL; a 2xx is good.",
        default=None,
        form="path",
        example="/models",
    )
    model: str | None = field(
        "An upstream model that is asked for one token; what a breaker counts is bad.", default=None
    )
    every: float = field("The time between two calls.", default=30.0, form="period", example="30s")
    timeout: float = field("How long an answer may take.", default=10.0, form="period", example="10s")
    failures: int = field("Bad answers in a row until it counts as unwell.", default=2, minimum=1)
    successes: int = field("Good answers in a row until it counts as well again.", default=1, minimum=1)


@spec
class Penalty(Spec):
    """What an error does to the credential that met it. Retry-After wins over `cooldown`."""

    LABEL = "on_error"

    disable: bool = field("Off duty until the configuration is loaded anew.", default=False)
    cooldown: float | None = field("How long it is off duty.", default=None, form="duration", example="60s")
