from __future__ import annotations

import pytest

from engine.events import Inbound
from engine.networks import networks_of
from engine.server.access.caller import Callers

PROXIES = networks_of(["10.0.0.0/8", "::1"])


def from_(remote: str, *forwarded: str) -> Inbound:
    headers = {"x-forwarded-for": ", ".join(forwarded)} if forwarded else {}
    return Inbound("GET", "/", {}, headers, b"", "r", remote)


@pytest.mark.parametrize(
    ("inbound", "address"),
    [
        (from_("203.0.113.9"), "203.0.113.9"),
        # Nobody but a proxy of ours is believed.
        (from_("203.0.113.9", "198.51.100.1"), "203.0.113.9"),
        (from_("10.0.0.1", "198.51.100.1"), "198.51.100.1"),
        # What the caller has written itself stands on the left.
        (from_("10.0.0.1", "192.0.2.66", "198.51.100.1"), "198.51.100.1"),
        (from_("10.0.0.1", "192.0.2.66", "198.51.100.1", "10.0.0.7"), "198.51.100.1"),
        (from_("10.0.0.1", "10.0.0.8", "10.0.0.7"), "10.0.0.8"),
        (from_("10.0.0.1", "192.0.2.66", "unknown"), "unknown"),
        (from_("::ffff:10.0.0.1", "198.51.100.1:4711"), "198.51.100.1:4711"),
        (from_("10.0.0.1"), "10.0.0.1"),
    ],
)
def test_the_right_most_hop_that_is_no_proxy_of_ours(inbound: Inbound, address: str) -> None:
    assert Callers(PROXIES).address(inbound) == address


def test_without_trusted_proxies_the_header_says_nothing() -> None:
    assert Callers().address(from_("10.0.0.1", "198.51.100.1")) == "10.0.0.1"
