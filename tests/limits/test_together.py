from __future__ import annotations

from engine.limits.allowance import Kind, allowance
from engine.limits.period import DAY
from engine.limits.together import NO_LIMITS, TOGETHER, Together
from engine.ports import AT_ONCE, Take
from engine.spec.limits import ClientLimits
from tests.spec.reading import read

NOW = 1_700_000_000.0


def together(*texts: str) -> Together:
    found = [
        allowance("client", f"web{number or ''}", read(ClientLimits, each))
        for number, each in enumerate(texts)
    ]
    return TOGETHER[tuple(each for each in found if each is not None)]


def test_what_is_taken_is_ready_but_for_tokens_and_dollars() -> None:
    found = together("{rpm: 60, rpd: 1000, concurrency: 3}")
    assert found.takes(99, 9.0, NOW) == [
        Take("client/web/concurrency", 3.0, AT_ONCE),
        Take("client/web/rpm", 60.0, 60.0),
        Take("client/web/rpd", 1000.0, 86400.0),
    ]


def test_tokens_and_dollars_are_filled_in() -> None:
    found = together("{tpm: 10000, tpd: 1000000, budget: {usd: 5, per: day}}")
    taken = found.takes(20_000, 0.25, NOW)
    assert [take.amount for take in taken] == [10_000.0, 20_000.0, 0.25]
    assert taken[2] == Take("client/web/budget/day", 5.0, DAY, 0.25, NOW - NOW % DAY)


def test_what_was_used_is_told_by_kind() -> None:
    found = together("{rpm: 60, tpm: 10000, concurrency: 3, budget: {usd: 5}}")
    assert [bound.kind for bound in found.bounds] == [
        Kind.CONCURRENCY, Kind.REQUESTS, Kind.TOKENS, Kind.BUDGET,
    ]  # fmt: skip
    assert found.used(70, 0.1) == [1.0, 1.0, 70, 0.1]


def test_only_what_is_counted_is_asked_for_and_settled() -> None:
    said = {
        text: (found.tokens, found.dollars, found.settled)
        for text in ("{rpm: 1}", "{concurrency: 1}", "{tpm: 1}", "{budget: {usd: 1}}")
        for found in [together(text)]
    }
    assert said == {
        "{rpm: 1}": (False, False, False),
        "{concurrency: 1}": (False, False, True),
        "{tpm: 1}": (True, False, True),
        "{budget: {usd: 1}}": (False, True, True),
    }
    assert not (NO_LIMITS.bounds or NO_LIMITS.settled) and NO_LIMITS.takes(1, 1.0, NOW) == []


def test_limits_of_several_stand_in_their_order_and_what_they_take_is_made_anew() -> None:
    found = together("{rpm: 5, tpm: 100}", "{tpm: 50, budget: {usd: 2, per: total}}")
    first, second = found.takes(70, 0.5, NOW), found.takes(10, 0.25, NOW)
    assert [take.amount for take in first] == [1.0, 70.0, 50.0, 0.5]
    assert [take.amount for take in second] == [1.0, 10.0, 10.0, 0.25]
    assert [bound.key for bound in found.bounds] == [take.key for take in first]
    assert found.telling.headers([1.0, 70.0, 50.0, 0.5]) == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "1m0s",
        "x-ratelimit-limit-tokens": "50",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1m0s",
    }
    assert found is together("{rpm: 5, tpm: 100}", "{tpm: 50, budget: {usd: 2, per: total}}")
