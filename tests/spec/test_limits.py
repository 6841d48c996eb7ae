from __future__ import annotations

import pytest

from engine.spec.limits import ClientLimits, ModelLimits, ProviderLimits, RateLimits

from .reading import accepts, read


def test_limits_of_a_client() -> None:
    found = read(ClientLimits, "{rpm: 60, tpm: 100000, concurrency: 20, budget: {usd: 50, per: month}}")
    assert (found.rpm, found.tpm, found.concurrency) == (60, 100000, 20)
    assert (found.budget.usd, found.budget.per) == (50.0, "month")


def test_limits_of_a_model() -> None:
    found = read(ModelLimits, "{rph: 5, rpd: 6, tph: 7, tpd: 2000000, queue: 0, wait: 500ms}")
    assert (found.rph, found.rpd, found.tph, found.tpd) == (5, 6, 7, 2_000_000)
    assert (found.queue, found.wait) == (0, 0.5)


def test_limits_of_a_provider_are_bytes_too() -> None:
    found = read(ProviderLimits, "{response: 64MiB, event: 1024, header: 64KiB, rpm: 4000}")
    assert (found.response, found.event, found.header, found.rpm) == (64 * 2**20, 1024, 65536, 4000)


@pytest.mark.parametrize(
    ("cls", "text"),
    [(RateLimits, "{rpm: 0}"), (RateLimits, "{queue: 5}"), (ClientLimits, "{budget: {usd: 0}}"),
     (ClientLimits, "{budget: {per: month}}"), (ClientLimits, "{response: 1MiB}"), (ProviderLimits, "{response: big}"),
     (RateLimits, "{rps: 1}"), (RateLimits, "{budget: {usd: 1, per: year}}"), (RateLimits, "{tpm: 0}")],
)  # fmt: skip
def test_what_is_no_limit(cls: type, text: str) -> None:
    assert not accepts(cls, text)
