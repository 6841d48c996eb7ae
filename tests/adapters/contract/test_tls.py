from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from engine.adapters.upstream_http1 import Http1Upstream
from engine.errors import ErrorClass
from engine.events import Call, Channel
from engine.ports import Upstream
from tests.adapters.contract.calls import OK, body_of, call, fails
from tests.adapters.rude_server import Talk, rude, says


async def test_a_missing_ca_file_is_an_error_of_the_call_and_may_be_mended(
    upstream: Upstream, tmp_path: Path
) -> None:
    channel = Channel(ca_file=str(tmp_path / "ca.pem"))
    error = await fails(upstream, call("https://127.0.0.1:1/", channel=channel))
    assert "no such file" in error.info.message
    (tmp_path / "ca.pem").write_text("nonsense")
    error = await fails(upstream, call("https://127.0.0.1:1/", channel=channel))
    assert error.info.code == "bad_tls"


async def test_a_certificate_must_be_trusted_unless_it_need_not(upstream: Upstream, pem: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    async with rude(says(OK), tls) as server:
        error = await fails(upstream, call(server.url))
        assert error.info.code == "connect_failed" and "certificate is not trusted" in error.info.message
        for channel in (Channel(verify=False), Channel(ca_file=str(pem))):
            assert await body_of(upstream, call(server.url, channel=channel)) == b"ok"


async def test_a_client_certificate_is_shown(upstream: Upstream, pem: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pem))
    tls.load_cert_chain(pem)
    tls.verify_mode = ssl.CERT_REQUIRED
    async with rude(says(OK), tls) as server:
        shown = Channel(ca_file=str(pem), cert_file=str(pem))
        assert await body_of(upstream, call(server.url, channel=shown)) == b"ok"
        error = await fails(upstream, call(server.url, channel=Channel(ca_file=str(pem))))
    assert error.info.error_class is ErrorClass.UPSTREAM


def server_context(pem: Path) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    return tls


async def test_bodies_of_any_size_go_both_ways(upstream: Upstream, pem: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + b"y" * 3_000_000
    async with rude(says(answer, then="keep"), server_context(pem)) as server:
        channel = Channel(ca_file=str(pem))
        for size in (10, 3_000_000):
            asked = Call("POST", server.url, {}, b"x" * size, channel=channel)
            assert await body_of(upstream, asked) == b"y" * 3_000_000
            assert server.talks[0].body == b"x" * size
        assert len(server.talks) == 1


async def test_a_server_that_prefers_another_protocol_is_told_which_it_is(
    upstream: Upstream, pem: Path
) -> None:
    tls = server_context(pem)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    async with rude(says(OK, then="keep"), tls) as server:
        assert await body_of(upstream, call(server.url, channel=Channel(ca_file=str(pem)))) == b"ok"
        agreed = server.talks[0].writer.get_extra_info("ssl_object").selected_alpn_protocol()
    assert agreed == "http/1.1"


async def test_a_certificate_for_another_name(upstream: Upstream, pem: Path) -> None:
    async with rude(says(OK), server_context(pem)) as server:
        url = f"https://localhost:{server.port}/"  # it is for 127.0.0.1
        error = await fails(upstream, call(url, channel=Channel(ca_file=str(pem))))
    assert error.info.code == "connect_failed" and "certificate is not trusted" in error.info.message


async def test_a_server_without_tls(upstream: Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 400 Bad\r\n\r\n")
        talk.writer.close()

    async with rude(script, reads=Talk.nothing) as server:
        error = await fails(upstream, call(f"https://127.0.0.1:{server.port}/"))
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "connect_failed")


async def test_a_handshake_that_is_cut_off(upstream: Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.reader.read(1)
        talk.hang_up()

    async with rude(script, reads=Talk.nothing) as server:
        error = await fails(upstream, call(f"https://127.0.0.1:{server.port}/"))
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "connect_failed")


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_tls_that_dies_in_the_middle(upstream: Upstream, pem: Path, how: str) -> None:
    async with rude(
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok", then=how), server_context(pem)
    ) as server:
        error = await fails(upstream, call(server.url, channel=Channel(ca_file=str(pem))))
    assert error.info.code == "connection_lost"


async def test_cancelling_closes_tls_at_once(upstream: Upstream, pem: Path) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok")
        await talk.wait_gone()

    async with rude(script, server_context(pem)) as server:
        reply = await upstream.send(call(server.url, channel=Channel(ca_file=str(pem))))
        chunks = reply.chunks()
        assert await anext(chunks) == b"ok"
        reading = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_a_slow_reader_has_the_whole_answer_though_tls_was_cut_off_after_it(
    http1: Http1Upstream, pem: Path
) -> None:
    """Many servers end a connection without a word of TLS; httpx then loses what was not read yet."""
    size = 400_000
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_and_cut() -> None:
            raw, _ = listener.accept()
            with server_context(pem).wrap_socket(raw, server_side=True) as line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"y" * size)

        cut = asyncio.ensure_future(asyncio.to_thread(answer_and_cut))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        reply = await http1.send(call(url, channel=Channel(ca_file=str(pem))))
        read = 0
        async for chunk in reply.chunks():
            read += len(chunk)
            await asyncio.sleep(0.02)
        await cut
    assert read == size
