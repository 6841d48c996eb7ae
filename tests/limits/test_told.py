from __future__ import annotations

import math

import pytest

from engine.errors import ErrorClass
from engine.limits.allowance import Bound, allowance
from engine.limits.told import Standing, Telling, duration, refusal, refused_headers, rows, words
from engine.spec.limits import ProviderLimits
from tests.spec.reading import read


def bounds(text: str, scope: str = "client") -> tuple[Bound, ...]:
    found = allowance(scope, "web", read(ProviderLimits, text))
    assert found is not None
    return found.bounds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.2, "1s"),
        (1.0, "1s"),
        (59.01, "1m0s"),
        (360.0, "6m0s"),
        (86400.0, "24h0m0s"),
        (3661.0, "1h1m1s"),
    ],
)
def test_durations_are_written_as_go_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_headers_tell_of_the_tightest_limit_of_each_kind() -> None:
    telling = Telling((*bounds("{rpm: 10, rpd: 1000}"), *bounds("{tpm: 1000}")))
    assert telling.headers([3.0, 990.0, 250.5]) == {
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-remaining-requests": "10",
        "x-ratelimit-reset-requests": "24h0m0s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "749",
        "x-ratelimit-reset-tokens": "1m0s",
    }
    assert telling.headers([9.8, 990.0, 0.0])["x-ratelimit-limit-requests"] == "1000"
    assert telling.headers([9.95, 990.0, 0.0])["x-ratelimit-limit-requests"] == "10"
    assert Telling(()).headers([]) == {}
    assert Telling(bounds("{concurrency: 5, budget: {usd: 1}}")).headers([1.0, 1.0]) == {}


def test_more_than_the_limit_leaves_nothing() -> None:
    assert Telling(bounds("{rpm: 10}")).headers([12.0])["x-ratelimit-remaining-requests"] == "0"


def test_who_is_refused_hears_of_that_limit_and_when_to_come_back() -> None:
    minute, places = *bounds("{rpm: 10}"), *bounds("{concurrency: 5}")
    assert refused_headers(Standing(minute, 12.0, 4.2)) == {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "5s",
    }
    assert refused_headers(Standing(minute, 12.0, None))["x-ratelimit-reset-requests"] == "0s"
    assert refused_headers(Standing(places, 5.0, None)) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{rpm: 60}", "60 requests a minute"),
        ("{rph: 1}", "1 request an hour"),
        ("{tpd: 1000000}", "1000000 tokens a day"),
        ("{concurrency: 1}", "1 request at the same time"),
        ("{budget: {usd: 12.5}}", "$12.5 a month"),
        ("{budget: {usd: 5, per: total}}", "$5 in all"),
    ],
)
def test_limits_in_words(text: str, expected: str) -> None:
    (bound,) = bounds(text)
    assert words(bound) == expected


def test_refusals() -> None:
    (minute,) = bounds("{rpm: 60}")
    info = refusal(minute, 12.3)
    assert (info.status, info.code, info.retry_after) == (429, "rate_limit_exceeded", 12.3)
    assert info.message == "the limit of client 'web', 60 requests a minute, is reached; try again in 13s"
    (money,) = bounds("{budget: {usd: 5, per: total}}")
    info = refusal(money, math.inf)
    assert (info.status, info.code, info.type, info.retry_after) == (
        429,
        "insufficient_quota",
        "insufficient_quota",
        None,
    )
    (places,) = bounds("{concurrency: 2}")
    assert (refusal(places, None).status, refusal(places, None).code) == (429, "rate_limit_exceeded")
    (places,) = bounds("{concurrency: 2}", "provider")
    info = refusal(places, None)
    assert (info.status, info.error_class, info.retry_after) == (503, ErrorClass.OVERLOADED, 1.0)


def test_rows_for_people_and_machines() -> None:
    minute, money = bounds("{rpm: 60, budget: {usd: 5, per: total}}")
    assert rows([Standing(minute, 3.0, 60.0), Standing(money, 1.25, math.inf)]) == [
        {
            "scope": "client",
            "name": "web",
            "kind": "requests",
            "per": "minute",
            "limit": 60.0,
            "used": 3.0,
            "left": 57.0,
            "reset": 60.0,
        },
        {
            "scope": "client",
            "name": "web",
            "kind": "budget",
            "per": "total",
            "limit": 5.0,
            "used": 1.25,
            "left": 3.75,
            "reset": None,
        },
    ]
