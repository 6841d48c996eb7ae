from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.errors import EngineUnavailable
from engine.events import Call
from engine.ports import Upstream
from tests.adapters.contract.calls import OK, body_of, call, fails, refused_port
from tests.adapters.rude_server import Talk, rude, says


async def test_the_request_goes_out_as_it_is_given(upstream: Upstream) -> None:
    async with rude(says(OK, then="keep")) as server:
        path = "/model/us.a%3A0/invoke?b=%20x&a=1"
        assert await body_of(upstream, call(server.url + path)) == b"ok"
        head = server.talks[0].head.decode().lower()
    assert head.startswith(f"post {path.lower()} http/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}" in head and "accept-encoding: identity" in head
    assert "cookie" not in head and server.talks[0].body == b"{}"


async def test_a_connection_is_used_again_and_cookies_are_not(upstream: Upstream) -> None:
    answer = b"HTTP/1.1 200 OK\r\nset-cookie: who=alice\r\ncontent-length: 0\r\n\r\n"
    async with rude(says(answer, then="keep")) as server:
        await body_of(upstream, call(server.url))
        await body_of(upstream, call(server.url))
        assert len(server.talks) == 1
        assert b"alice" not in server.talks[0].head


async def test_many_calls_at_once_do_not_queue(upstream: Upstream) -> None:
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


@pytest.mark.parametrize("header", ["sk-very\nsecret", "sk-very\x00secret"])
async def test_a_header_that_cannot_be_sent_is_not_quoted(upstream: Upstream, header: str) -> None:
    async with rude(says(OK)) as server:
        error = await fails(upstream, Call("GET", server.url, {"authorization": header}))
    assert error.info.code == "bad_request" and "secret" not in error.info.message


@pytest.mark.parametrize("url", ["ftp://h/", "http://", "http://h:x/?key=hush", "http://[::1"])
async def test_a_url_that_is_none(upstream: Upstream, url: str) -> None:
    error = await fails(upstream, call(url))
    assert error.info.code == "bad_url" and "hush" not in error.info.message


async def test_the_environment_names_no_proxy(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{refused_port()}")
    async with rude(says(OK)) as server:
        assert await body_of(upstream, call(server.url)) == b"ok"


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("POST", b"", b"0"),
        ("PUT", b"", b"0"),
        ("GET", b"", None),
        ("DELETE", b"", None),
        ("GET", b"{}", b"2"),
    ],
)
async def test_the_length_of_a_body_is_said_where_one_is_meant(
    upstream: Upstream, method: str, body: bytes, length: bytes | None
) -> None:
    async with rude(says(OK)) as server:
        assert await body_of(upstream, Call(method, server.url, {}, body)) == b"ok"
        said = server.talks[0].header("content-length")
    assert said == length


async def test_what_a_call_says_of_itself_stands_before_the_defaults(upstream: Upstream) -> None:
    given = {"Host": "other.example", "User-Agent": "mine", "Accept": "a/b", "X-Word": "naïve ☃"}
    async with rude(says(OK)) as server:
        assert await body_of(upstream, Call("GET", server.url, given)) == b"ok"
        talk = server.talks[0]
    assert [talk.header(name) for name in ("host", "user-agent", "accept")] == [
        b"other.example",
        b"mine",
        b"a/b",
    ]
    assert talk.header("x-word") == "naïve ☃".encode()


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 70_000, 5_000_000])
async def test_a_body_of_any_size_arrives(upstream: Upstream, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    async with rude(says(OK, then="keep")) as server:
        for _ in range(2):
            assert await body_of(upstream, Call("POST", server.url, {}, body[:size])) == b"ok"
            assert server.talks[0].body == body[:size]
        assert len(server.talks) == 1


async def test_a_server_that_reads_slowly_is_waited_for(upstream: Upstream) -> None:
    async def read(talk: Talk) -> bool:
        if not await talk.read_head():
            return False
        while len(talk.body) < 2_000_000:
            talk.body += await talk.reader.read(10_000)
            await asyncio.sleep(0)
        return True

    async with rude(says(OK), reads=read) as server:
        assert await body_of(upstream, Call("POST", server.url, {}, b"x" * 2_000_000)) == b"ok"
        assert server.talks[0].body == b"x" * 2_000_000


UNSENDABLE = {
    "path with a blank": ("GET", "/a b?key=hush", {}),
    "method": ("GE T", "/", {}),
    "name with a blank": ("GET", "/", {"x hush": "1"}),
    "name with a break": ("GET", "/", {"x\r\nhush": "1"}),
    "empty name": ("GET", "/", {"": "hush"}),
    "value with a break": ("GET", "/", {"x": "1\r\nhush: 2"}),
    "value with a carriage return": ("GET", "/", {"x": "1\rhush"}),
}


@pytest.mark.parametrize(("method", "path", "headers"), UNSENDABLE.values(), ids=UNSENDABLE.keys())
async def test_what_cannot_be_sent_is_not_quoted(
    upstream: Upstream, method: str, path: str, headers: dict[str, str]
) -> None:
    async with rude(says(OK)) as server:
        error = await fails(upstream, Call(method, server.url + path, headers))
        assert not any(talk.head for talk in server.talks)
    assert error.info.code == "bad_request" and "hush" not in error.info.message


async def test_a_call_may_be_made_to_a_name(upstream: Upstream) -> None:
    async with rude(says(OK)) as server:  # of both addresses, the server has the second only
        assert await body_of(upstream, call(f"http://localhost:{server.port}/")) == b"ok"
        assert server.talks[0].header("host") == f"localhost:{server.port}".encode()


async def test_an_address_of_the_sixth_version(upstream: Upstream) -> None:
    try:
        async with rude(says(OK), host="::1") as server:
            assert await body_of(upstream, call(f"http://[::1]:{server.port}/")) == b"ok"
            assert server.talks[0].header("host") == f"[::1]:{server.port}".encode()
    except OSError:
        pytest.skip("no IPv6 here")


class Pieces:
    """An upload; `fails` in place of an end."""

    def __init__(self, *pieces: bytes, sized: bool = True, fails: bool = False) -> None:
        self.length = sum(map(len, pieces)) if sized else None
        self.given = 0
        self._pieces = pieces
        self._fails = fails

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += 1
            yield piece
        if self._fails:
            raise EngineUnavailable("the client broke its upload off")


@pytest.mark.parametrize("sized", [True, False])
async def test_an_upload_is_sent_as_it_comes(upstream: Upstream, sized: bool) -> None:
    upload = Pieces(b"a" * 100_000, b"b", sized=sized)

    async def script(talk: Talk) -> None:
        if not sized:
            while size := int((await talk.reader.readline()).strip(), 16):
                talk.body += await talk.reader.readexactly(size)
                await talk.reader.readexactly(2)
            await talk.reader.readexactly(2)
        await talk.say(OK)

    async with rude(script) as server:
        for _ in range(2):
            assert await body_of(upstream, call(server.url, body=b"", upload=upload)) == b"ok"
        talk = server.talks[-1]
        assert talk.body[-100_001:] == b"a" * 100_000 + b"b"
        assert (talk.header("content-length"), talk.header("transfer-encoding")) == (
            (b"100001", None) if sized else (None, b"chunked")
        )


async def test_an_upload_that_breaks_off_never_looks_whole(upstream: Upstream) -> None:
    ended = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.wait_gone()
        ended.set()

    async with rude(script, reads=Talk.read_head) as server:
        with pytest.raises(EngineUnavailable):
            await body_of(
                upstream, call(server.url, body=b"", upload=Pieces(b"half", sized=False, fails=True))
            )
        await asyncio.wait_for(ended.wait(), 5)
