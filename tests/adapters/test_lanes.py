from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from engine.adapters import lanes
from engine.adapters.lanes import Lanes, tls_context
from engine.events import Channel

TLS = ssl.create_default_context()
A, B = "http://a", "http://b"


class Time:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


async def test_a_free_connection_is_taken_again_the_newest_first() -> None:
    made = Lanes(Channel(), TLS)
    one, two = made.take(A), made.take(A)
    assert one is not two
    await made.give(A, one)
    await made.give(A, two)
    assert made.take(B) not in (one, two)
    assert (made.take(A), made.take(A)) == (two, one)
    await made.aclose()


async def test_what_was_free_for_too_long_is_closed() -> None:
    time = Time()
    made = Lanes(Channel(), TLS, time.monotonic)
    old, new = made.take(A), made.take(A)
    await made.give(A, old)
    time.now = lanes.KEPT_FOR + 1
    await made.give(A, new)
    assert made.take(A) is new and made.take(A) is not old
    await made.aclose()


async def test_a_dropped_one_does_not_come_back() -> None:
    made = Lanes(Channel(), TLS)
    one = made.take(A)
    await made.drop(one)
    await made.give(A, one)
    assert made.take(A) is not one
    await made.aclose()


async def test_http_2_shares_one() -> None:
    made = Lanes(Channel(http2=True), TLS)
    one = made.take(A)
    await made.drop(one)
    assert made.take(B) is one
    await made.aclose()


async def test_a_proxy_that_is_none() -> None:
    with pytest.raises(ValueError, match="ftp"):
        Lanes(Channel(proxy="ftp://h"), TLS).take(A)


def test_certificates(tmp_path: Path) -> None:
    assert tls_context(Channel()).verify_mode is ssl.CERT_REQUIRED
    open_one = tls_context(Channel(verify=False))
    assert (open_one.verify_mode, open_one.check_hostname) == (ssl.CERT_NONE, False)
    for channel in (Channel(ca_file=str(tmp_path / "x")), Channel(cert_file=str(tmp_path / "x"))):
        with pytest.raises(FileNotFoundError):
            tls_context(channel)
