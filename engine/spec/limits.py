"""The several `limits:`: of clients, groups, models, providers, credentials and of the whole site."""

from __future__ import annotations

from typing import Literal

from engine.spec.base import Spec, field, spec

Per = Literal["hour", "day", "week", "month", "total"]


@spec
class Budget(Spec):
    """How much money may be spent in a period."""

    LABEL = "budget"

    usd: float = field("US dollars.", above=0, example=50)
    per: Per = field("The period, by the calendar in UTC; `total`: for ever.", default="month")


@spec
class RateLimits(Spec):
    """How much a caller or a key may use."""

    LABEL = "limits"

    rpm: int | None = field("Requests a minute.", default=None, minimum=1)
    rph: int | None = field("Requests an hour.", default=None, minimum=1)
    rpd: int | None = field("Requests a day.", default=None, minimum=1)
    tpm: int | None = field("Tokens a minute.", default=None, minimum=1)
    tph: int | None = field("Tokens an hour.", default=None, minimum=1)
    tpd: int | None = field("Tokens a day.", default=None, minimum=1)
    concurrency: int | None = field("Requests at the same time.", default=None, minimum=1)
    budget: Budget | None = field("Money that may be spent.", default=None)


@spec
class ClientLimits(RateLimits):
    """How much a client, or a group of clients, may use."""


@spec
class ModelLimits(RateLimits):
    """How much of a model all may use together, and how many wait when all its places are taken."""

    queue: int = field("Requests that may wait for a place, in each worker.", default=100, minimum=0)
    wait: float = field("How long each may wait.", default=10.0, form="duration", example="10s")


@spec
class ProviderLimits(ModelLimits):
    """How much a provider is used, and how large its answers may be (decoded bytes)."""

    response: int | None = field("Largest body.", default=None, form="size", example="64MiB")
    event: int | None = field("Largest single event of a stream.", default=None, form="size", example="16MiB")
    header: int | None = field("Largest block of headers.", default=None, form="size", example="64KiB")
