from __future__ import annotations

from engine.limits.allowance import QUEUE, WAIT, Allowance, Kind, allowance, takes, used
from engine.limits.period import DAY
from engine.ports import AT_ONCE, Take
from engine.spec.limits import ClientLimits, ModelLimits, ProviderLimits, RateLimits
from tests.spec.reading import read

NOW = 1_700_000_000.0


def compiled(text: str, scope: str = "client", cls: type[RateLimits] = ClientLimits) -> Allowance:
    found = allowance(scope, "web", read(cls, text))
    assert found is not None
    return found


def test_nothing_declared_is_no_allowance() -> None:
    assert allowance("client", "web", None) is None
    assert allowance("provider", "up", read(ProviderLimits, "{response: 1MiB}")) is None


def test_what_is_taken_is_ready_but_for_tokens_and_dollars() -> None:
    found = compiled("{rpm: 60, rpd: 1000, concurrency: 3}")
    assert takes(found.bounds, 99, 9.0, NOW) == [
        Take("client/web/concurrency", 3.0, AT_ONCE),
        Take("client/web/rpm", 60.0, 60.0),
        Take("client/web/rpd", 1000.0, 86400.0),
    ]


def test_tokens_and_dollars_are_filled_in() -> None:
    found = compiled("{tpm: 10000, tpd: 1000000, budget: {usd: 5, per: day}}")
    taken = takes(found.bounds, 20_000, 0.25, NOW)
    assert [take.amount for take in taken] == [10_000.0, 20_000.0, 0.25]
    assert taken[2] == Take("client/web/budget/day", 5.0, DAY, 0.25, NOW - NOW % DAY)


def test_what_was_used_is_told_by_kind() -> None:
    found = compiled("{rpm: 60, tpm: 10000, concurrency: 3, budget: {usd: 5}}")
    assert [bound.kind for bound in found.bounds] == [
        Kind.CONCURRENCY, Kind.REQUESTS, Kind.TOKENS, Kind.BUDGET,
    ]  # fmt: skip
    taken = takes(found.bounds, 100, 0.5, NOW)
    assert used(found.bounds, taken, 70, 0.1) == [1.0, 1.0, 70, 0.1]


def test_models_and_providers_are_waited_for() -> None:
    (bound,) = compiled("{rpm: 1}", "model", ModelLimits).bounds
    assert (bound.queue, bound.wait) == (QUEUE, WAIT)
    (bound,) = compiled("{rpm: 1, queue: 3, wait: 500ms}", "provider", ProviderLimits).bounds
    assert (bound.queue, bound.wait) == (3, 0.5)
    (bound,) = compiled("{rpm: 1}", "credential", RateLimits).bounds
    assert (bound.queue, bound.wait) == (QUEUE, WAIT)
    (bound,) = compiled("{rpm: 1}").bounds
    assert bound.queue == 0
