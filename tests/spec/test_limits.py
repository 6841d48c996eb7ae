from __future__ import annotations

import pytest

from engine.spec.limits import ClientLimits, ProviderLimits, RateLimits

from .reading import accepts, read


def test_limits_of_a_client() -> None:
    found = read(ClientLimits, "{rpm: 60, tpm: 100000, concurrency: 20, budget: {usd: 50, per: month}}")
    assert (found.rpm, found.tpm, found.concurrency) == (60, 100000, 20)
    assert (found.budget.usd, found.budget.per) == (50.0, "month")


def test_limits_of_a_provider_are_bytes() -> None:
    found = read(ProviderLimits, "{response: 64MiB, event: 1024, header: 64KiB, rpm: 4000}")
    assert (found.response, found.event, found.header, found.rpm) == (64 * 2**20, 1024, 65536, 4000)


@pytest.mark.parametrize(
    ("cls", "text"),
    [(RateLimits, "{rpm: 0}"), (RateLimits, "{budget: {usd: 1}}"), (ClientLimits, "{budget: {usd: 0}}"),
     (ClientLimits, "{budget: {per: month}}"), (ClientLimits, "{response: 1MiB}"), (ProviderLimits, "{response: big}")],
)  # fmt: skip
def test_what_is_no_limit(cls: type, text: str) -> None:
    assert not accepts(cls, text)
