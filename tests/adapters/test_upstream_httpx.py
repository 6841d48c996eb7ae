from __future__ import annotations

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.adapters.upstream_httpx import HttpxUpstream, address_of
from engine.errors import ErrorClass, UpstreamFailed
from engine.events import Call, Channel, Timeouts
from tests.adapters.rude_server import Talk, rude, says

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
async def upstream() -> AsyncIterator[HttpxUpstream]:
    made = HttpxUpstream()
    yield made
    await made.aclose()


def call(url: str, **changes: object) -> Call:
    return Call("POST", url, {"content-type": "application/json"}, b"{}", **changes)  # type: ignore[arg-type]


async def body_of(upstream: HttpxUpstream, asked: Call) -> bytes:
    reply = await upstream.send(asked)
    try:
        return b"".join([chunk async for chunk in reply.chunks()])
    finally:
        await reply.aclose()


async def fails(upstream: HttpxUpstream, asked: Call) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as caught:
        await body_of(upstream, asked)
    return caught.value


async def test_the_request_goes_out_as_it_is_given(upstream: HttpxUpstream) -> None:
    async with rude(says(OK, then="keep")) as server:
        path = "/model/us.a%3A0/invoke?b=%20x&a=1"
        assert await body_of(upstream, call(server.url + path)) == b"ok"
        head = server.talks[0].head.decode().lower()
    assert head.startswith(f"post {path.lower()} http/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}" in head and "accept-encoding: identity" in head
    assert "cookie" not in head and server.talks[0].body == b"{}"


async def test_a_connection_is_used_again_and_cookies_are_not(upstream: HttpxUpstream) -> None:
    answer = b"HTTP/1.1 200 OK\r\nset-cookie: who=alice\r\ncontent-length: 0\r\n\r\n"
    async with rude(says(answer, then="keep")) as server:
        await body_of(upstream, call(server.url))
        await body_of(upstream, call(server.url))
        assert len(server.talks) == 1
        assert b"alice" not in server.talks[0].head


async def test_many_calls_at_once_do_not_queue(upstream: HttpxUpstream) -> None:
    arrived = asyncio.Semaphore(0)
    everyone = asyncio.Event()

    async def script(talk: Talk) -> None:
        arrived.release()
        await everyone.wait()
        await talk.say(OK)

    async with rude(script) as server:
        calls = [asyncio.ensure_future(body_of(upstream, call(server.url))) for _ in range(150)]
        for _ in calls:
            await arrived.acquire()
        everyone.set()
        assert set(await asyncio.gather(*calls)) == {b"ok"}


async def test_headers_are_lower_case_and_repeated_ones_joined(upstream: HttpxUpstream) -> None:
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: 0\r\n\r\n"
    async with rude(says(answer)) as server:
        reply = await upstream.send(call(server.url))
        await reply.aclose()
    assert reply.status == 429 and reply.headers["retry-after"] == "3" and reply.headers["x-a"] == "1, 2"


async def test_a_redirect_is_an_answer(upstream: HttpxUpstream) -> None:
    answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with rude(says(answer)) as server:
        reply = await upstream.send(call(server.url))
        await reply.aclose()
        assert reply.status == 302 and len(server.talks) == 1


async def test_chunks_come_as_they_arrive(upstream: HttpxUpstream) -> None:
    more = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await more.wait()
        await talk.say(b"3\r\ntwo\r\n0\r\n\r\n")

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        chunks = reply.chunks()
        assert await anext(chunks) == b"one"
        more.set()
        assert [chunk async for chunk in chunks] == [b"two"]
        await reply.aclose()


def refused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_refused(upstream: HttpxUpstream) -> None:
    port = refused_port()
    error = await fails(upstream, call(f"http://127.0.0.1:{port}/v1?key=hush"))
    assert error.info.message == f"cannot connect to 127.0.0.1:{port}: refused"
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "connect_failed")


async def test_a_host_that_does_not_exist(upstream: HttpxUpstream) -> None:
    error = await fails(upstream, call("http://nowhere.invalid/"))
    assert error.info.message == "cannot connect to nowhere.invalid:80: the host name does not resolve"


async def test_a_connect_that_hangs(upstream: HttpxUpstream) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        error = await fails(upstream, call(f"http://127.0.0.1:{port}/", timeouts=Timeouts(connect=0.1)))
        for filler in fillers:
            filler.close()
    assert error.info.message == f"connect timed out after 0.1s to 127.0.0.1:{port}"
    assert (error.info.error_class, error.info.code) == (ErrorClass.TIMEOUT, "connect_timeout")


async def test_an_answer_that_never_begins(upstream: HttpxUpstream) -> None:
    async with rude(Talk.wait_gone) as server:
        timeouts = Timeouts(connect=0.05, first_byte=0.05)
        error = await fails(upstream, call(server.url, timeouts=timeouts))
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
    assert (error.info.error_class, error.info.code) == (ErrorClass.TIMEOUT, "first_byte_timeout")


TRUNCATED = {
    "content-length": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
    "chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(b"hello" * 99)[:-4],
}


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("answer", TRUNCATED.values(), ids=TRUNCATED.keys())
async def test_a_truncated_body_never_looks_whole(upstream: HttpxUpstream, answer: bytes, how: str) -> None:
    async with rude(says(answer, then=how)) as server:
        error = await fails(upstream, call(server.url))
    assert error.info.code in ("connection_lost", "bad_response")
    assert error.info.error_class is ErrorClass.UPSTREAM


async def test_a_connection_lost_mid_body_says_so(upstream: HttpxUpstream) -> None:
    async with rude(says(TRUNCATED["chunked"])) as server:
        error = await fails(upstream, call(server.url))
        place = f"127.0.0.1:{server.port}"
    assert error.info.code == "connection_lost"
    assert error.info.message == f"the connection to {place} was lost in the middle of the answer"


async def test_a_connection_lost_before_the_status(upstream: HttpxUpstream) -> None:
    async with rude(says()) as server:
        error = await fails(upstream, call(server.url))
    assert error.info.code == "connection_lost" and error.info.message.endswith("was lost before it answered")


MALFORMED = {
    "bad chunking": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "huge headers": b"HTTP/1.1 200 OK\r\nx-big: " + b"a" * 70_000 + b"\r\ncontent-length: 0\r\n\r\n",
    "endless headers": b"HTTP/1.1 200 OK\r\nx-big: " + b"a" * 200_000,
    "unknown encoding": b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx",
    "false gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhi",
}


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed(upstream: HttpxUpstream, answer: bytes) -> None:
    async with rude(says(answer)) as server:
        error = await fails(upstream, call(server.url))
        assert error.info.message.startswith(f"127.0.0.1:{server.port} sent a malformed answer: ")
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "bad_response")


async def test_gzip_despite_identity_is_undone(upstream: HttpxUpstream) -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    async with rude(says(head, packed)) as server:
        reply = await upstream.send(call(server.url))
        pieces = [chunk async for chunk in reply.chunks()]
        await reply.aclose()
    assert b"".join(pieces) == b"x" * 1_000_000 and max(map(len, pieces)) <= 65536
    assert "content-encoding" not in reply.headers and "content-length" not in reply.headers


async def test_cancelling_closes_the_connection(upstream: HttpxUpstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await talk.wait_gone()

    async with rude(script) as server:
        first = asyncio.Event()

        async def read() -> None:
            reply = await upstream.send(call(server.url))
            async for _ in reply.chunks():
                first.set()

        task = asyncio.ensure_future(read())
        await first.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_cancelling_before_the_answer_closes_the_connection(upstream: HttpxUpstream) -> None:
    async with rude(Talk.wait_gone) as server:
        task = asyncio.ensure_future(upstream.send(call(server.url)))
        while not (server.talks and server.talks[0].head):
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_a_free_connection_that_the_upstream_closed_is_not_used(upstream: HttpxUpstream) -> None:
    async with rude(says(OK)) as server:
        for number in (1, 2, 3):
            assert await body_of(upstream, call(server.url)) == b"ok"
            await asyncio.sleep(0.01)
            assert len(server.talks) == number


async def test_closing_early_closes_the_connection_and_may_be_repeated(upstream: HttpxUpstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await talk.wait_gone()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        await reply.aclose()
        await reply.aclose()
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


@pytest.mark.parametrize("complete", [True, False])
async def test_closing_that_is_broken_off_leaves_no_connection_open(
    upstream: HttpxUpstream, complete: bool
) -> None:
    """A client that leaves can cancel a handler a second time, while it cleans up after the first."""

    async def script(talk: Talk) -> None:
        await talk.say(OK if complete else b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok")
        await talk.wait_gone()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        chunks = reply.chunks()
        assert await anext(chunks) == b"ok"
        assert await anext(chunks, None) is None if complete else True
        closing = asyncio.ensure_future(reply.aclose())
        await asyncio.sleep(0)
        assert closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


@pytest.mark.parametrize("header", ["sk-very\nsecret", "sk-very\x00secret"])
async def test_a_header_that_cannot_be_sent_is_not_quoted(upstream: HttpxUpstream, header: str) -> None:
    async with rude(says(OK)) as server:
        error = await fails(upstream, Call("GET", server.url, {"authorization": header}))
    assert error.info.code == "bad_request" and "secret" not in error.info.message


@pytest.mark.parametrize("url", ["ftp://h/", "http://", "http://h:x/?key=hush", "http://[::1"])
async def test_a_url_that_is_none(upstream: HttpxUpstream, url: str) -> None:
    error = await fails(upstream, call(url))
    assert error.info.code == "bad_url" and "hush" not in error.info.message


async def test_a_missing_ca_file_is_an_error_of_the_call_and_may_be_mended(
    upstream: HttpxUpstream, tmp_path: Path
) -> None:
    channel = Channel(ca_file=str(tmp_path / "ca.pem"))
    error = await fails(upstream, call("https://127.0.0.1:1/", channel=channel))
    assert "no such file" in error.info.message
    (tmp_path / "ca.pem").write_text("nonsense")
    error = await fails(upstream, call("https://127.0.0.1:1/", channel=channel))
    assert error.info.code == "bad_tls"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and there is none")
    made = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made), "-out", f"{made}.crt"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    made.write_text(made.read_text() + Path(f"{made}.crt").read_text())
    return made


async def test_a_certificate_must_be_trusted_unless_it_need_not(upstream: HttpxUpstream, pem: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    async with rude(says(OK), tls) as server:
        error = await fails(upstream, call(server.url))
        assert error.info.code == "connect_failed" and "certificate is not trusted" in error.info.message
        for channel in (Channel(verify=False), Channel(ca_file=str(pem))):
            assert await body_of(upstream, call(server.url, channel=channel)) == b"ok"


async def test_a_client_certificate_is_shown(upstream: HttpxUpstream, pem: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pem))
    tls.load_cert_chain(pem)
    tls.verify_mode = ssl.CERT_REQUIRED
    async with rude(says(OK), tls) as server:
        shown = Channel(ca_file=str(pem), cert_file=str(pem))
        assert await body_of(upstream, call(server.url, channel=shown)) == b"ok"
        error = await fails(upstream, call(server.url, channel=Channel(ca_file=str(pem))))
    assert error.info.error_class is ErrorClass.UPSTREAM


async def test_a_proxy_is_asked_for_the_whole_url(upstream: HttpxUpstream) -> None:
    async with rude(says(OK)) as server:
        channel = Channel(proxy=server.url)
        assert await body_of(upstream, call("http://api.invalid/v1/x?y=1", channel=channel)) == b"ok"
        assert server.talks[0].head.startswith(b"POST http://api.invalid/v1/x?y=1 HTTP/1.1\r\n")


async def test_the_environment_names_no_proxy(
    upstream: HttpxUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{refused_port()}")
    async with rude(says(OK)) as server:
        assert await body_of(upstream, call(server.url)) == b"ok"


def test_an_address_shows_host_and_port_only() -> None:
    address = address_of("https://[::1]/a?key=hush")
    assert address.place == "[::1]:443" and address.target == b"/a?key=hush"
    assert address_of("http://h").target == b"/"
