"""The several `limits:`: of clients, providers, credentials and of the whole site."""

from __future__ import annotations

from typing import Literal

from engine.spec.base import Spec, field, spec


@spec
class Budget(Spec):
    """How much money may be spent in a period."""

    LABEL = "budget"

    usd: float = field("US dollars.", above=0, example=50)
    per: Literal["hour", "day", "week", "month", "total"] = field("The period.", default="month")


@spec
class RateLimits(Spec):
    """How much a caller or a key may use."""

    LABEL = "limits"

    rpm: int | None = field("Requests a minute.", default=None, minimum=1)
    tpm: int | None = field("Tokens a minute.", default=None, minimum=1)
    concurrency: int | None = field("Requests at the same time.", default=None, minimum=1)


@spec
class ClientLimits(RateLimits):
    """How much a client may use."""

    budget: Budget | None = field("Money that may be spent.", default=None)


@spec
class ProviderLimits(RateLimits):
    """How much a provider is used, and how large its answers may be (decoded bytes)."""

    response: int | None = field("Largest body.", default=None, form="size", example="64MiB")
    event: int | None = field("Largest single event of a stream.", default=None, form="size", example="16MiB")
    header: int | None = field("Largest block of headers.", default=None, form="size", example="64KiB")
