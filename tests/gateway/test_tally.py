"""What many requests share is made once for them, and only while they share it."""

from __future__ import annotations

from typing import Any

from engine.adapters.telemetry import SystemTelemetry
from engine.gateway.tally import LONGEST_HEADER, Account, Tally, header_text
from engine.memo import SIZE
from tests.gateway.playbook import Time, World

WAY = ("chat", "fast", "a", "a/m")
NAMES = ("chat", None, "fast", "a", "a/m", "k1", 2, False)


def test_an_account_counts_by_its_way() -> None:
    world: Any = World(Time())
    account = Account(world, WAY)
    account.attempts.add()
    account.requests[200].add()
    account.seconds.observe(0.5)
    account.tokens["prompt"].add(7)
    place = {"alias": "fast", "provider": "a"}
    assert world.counted("proxyctl_attempts_total", **place) == 1
    assert world.counted("proxyctl_requests_total", surface="chat", status="200", **place) == 1
    assert world.counted("proxyctl_request_duration_seconds", surface="chat", **place) == 0.5
    assert world.counted("proxyctl_tokens_total", surface="chat", kind="prompt", **place) == 7


def test_nothing_is_a_series_before_it_is_counted() -> None:
    telemetry = SystemTelemetry("off")
    Tally(telemetry).accounts[WAY].seconds.observe(1)
    assert set(telemetry.metrics.families) == {"proxyctl_request_duration_seconds"}


def test_headers_say_what_is_known() -> None:
    world: Any = World(Time())
    assert Account(world, ("chat", None, None, None)).headers[0] == {}
    assert Account(world, ("chat", None, "a\n", None)).headers[0] == {"x-proxyctl-provider": "a?"}
    assert Account(world, WAY).headers[2] == {
        "x-proxyctl-provider": "a",
        "x-proxyctl-target": "a/m",
        "x-proxyctl-attempts": "2",
    }


def test_names_are_bound_to_their_fields() -> None:
    world: Any = World(Time())
    assert list(Tally(world).names[NAMES].items()) == [
        ("surface", "chat"),
        ("client", None),
        ("alias", "fast"),
        ("provider", "a"),
        ("target", "a/m"),
        ("credential", "k1"),
        ("attempts", 2),
        ("stream", False),
    ]


def test_names_that_come_and_go_leave_nothing_but_their_counts() -> None:
    telemetry = SystemTelemetry("off")
    tally = Tally(telemetry)
    for number in range(2 * SIZE + 1):
        way = ("chat", f"alias-{number}", "a", "a/m")
        tally.accounts[way].requests[200].add()
        _ = tally.names[(*NAMES[:2], f"alias-{number}", *NAMES[3:])]
    assert len(tally.accounts) <= SIZE and len(tally.names) <= SIZE
    tally.accounts["chat", "alias-0", "a", "a/m"].requests[200].add()
    series = telemetry.metrics.families["proxyctl_requests_total"].series
    by_alias = {dict(labels)["alias"]: number.value for labels, number in series.items()}
    assert by_alias["alias-0"] == 2 and sum(by_alias.values()) == 2 * SIZE + 2
    assert by_alias["other"] > SIZE


def test_header_text() -> None:
    assert header_text("a\r\nb: c\x00é") == "a??b: c??"
    assert len(header_text("x" * 9999)) == LONGEST_HEADER
