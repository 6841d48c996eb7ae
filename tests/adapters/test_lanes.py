from __future__ import annotations

import asyncio
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


async def test_what_is_free_for_too_long_is_closed_though_nobody_calls() -> None:
    time = Time()
    made = Lanes(Channel(), TLS, time.monotonic)
    old = made.take(A)
    await made.give(A, old)
    made.sweep()
    assert made.take(A) is old
    await made.give(A, old)
    time.now = lanes.KEPT_FOR + 1
    made.sweep()
    assert made.take(A) is not old
    await made.aclose()


async def test_what_must_be_finished_is_though_nobody_waits_any_more() -> None:
    made, go, done = Lanes(Channel(), TLS), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    async def waiting() -> None:
        await asyncio.shield(made.finish(work()))

    waiter = asyncio.ensure_future(waiting())
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    go.set()
    await made.aclose()
    assert done.is_set()


def test_certificates_are_relative_to_the_site(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        tls_context(Channel(ca_file="certs/ca.pem"), tmp_path)
    assert caught.value.filename == "certs/ca.pem"
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(ssl.SSLError):
        tls_context(Channel(ca_file="ca.pem"), tmp_path)
