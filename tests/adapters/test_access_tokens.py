"""Four workers, one token endpoint: whatever they do, it is asked once for a token."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.access_tokens import FIRST_PAUSE, AccessTokens
from engine.errors import ErrorClass, UpstreamFailed
from tests.adapters.token_endpoint import SECRET, Workers, call
from tests.gateway.playbook import Json, Refuses, Status

ALL = (0, 1, 2, 3)


@pytest.fixture
def workers(tmp_path: Path) -> Workers:
    return Workers(tmp_path)


def test_workers_that_need_it_at_once_ask_once(workers: Workers) -> None:
    workers.endpoint.takes = 0.7

    async def scene() -> None:
        assert await workers.ask(*ALL, times=5) == [200] * 20

    workers.run(scene)
    assert len(workers.endpoint.asked) == 1
    assert set(workers.endpoint.bearers) == {"token-1"}
    assert workers.endpoint.asked[0] == {
        "grant_type": "client_credentials", "client_id": "me", "client_secret": SECRET,
    }  # fmt: skip


def test_a_token_in_use_is_renewed_ahead_of_its_end_by_one_of_them(workers: Workers) -> None:
    async def scene() -> None:
        for _ in range(90):
            await workers.ask(*ALL)
            await asyncio.sleep(100)

    workers.run(scene)
    # 9000 seconds of use: a token lasts 3600, and is renewed 300 before its end.
    assert len(workers.endpoint.asked) == 3
    assert len(workers.endpoint.bearers) == 4 * 90


def test_nobody_waits_for_a_renewal(workers: Workers) -> None:
    workers.endpoint.lasts = 100

    async def scene() -> None:
        await workers.ask(0)
        await asyncio.sleep(79)
        workers.endpoint.takes = 10
        await asyncio.sleep(5)
        assert len(workers.endpoint.asked) == 2, "it is on its way"
        before = workers.timeline.elapsed
        await workers.ask(0)
        assert workers.timeline.elapsed == before and workers.endpoint.bearers[-1] == "token-1"
        await asyncio.sleep(10)
        await workers.ask(0, 1)
        assert workers.endpoint.bearers[-2:] == ["token-2", "token-2"]

    workers.run(scene)
    assert len(workers.endpoint.asked) == 2


def test_one_that_nobody_used_is_forgotten(workers: Workers) -> None:
    workers.endpoint.lasts = 100

    async def scene() -> None:
        await workers.ask(0)
        await asyncio.sleep(1000)
        assert len(workers.endpoint.asked) == 2, "renewed once, since it was used"
        assert list((workers.run_dir / "tokens").glob("*.token")) == []
        await workers.ask(1)

    workers.run(scene)
    assert len(workers.endpoint.asked) == 3


def test_other_inputs_are_another_token(workers: Workers) -> None:
    async def scene() -> None:
        await workers.ask(0, scope="a")
        await workers.ask(1, scope="b")
        await workers.ask(2, scope=["b"])

    workers.run(scene)
    assert [asked["scope"] for asked in workers.endpoint.asked] == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("line", "error_class", "words"),
    [
        (
            Status(401, {"error": "invalid_client", "error_description": f"{SECRET} is wrong"}),
            ErrorClass.AUTH,
            "the token endpoint login.test answered with status 401: invalid_client: *** is wrong",
        ),
        (Status(400, {"error": "invalid_scope"}), ErrorClass.AUTH, "with status 400: invalid_scope"),
        (Status(503, {}), ErrorClass.OVERLOADED, "with status 503"),
        (Json({"token": "x"}), ErrorClass.UPSTREAM, "its answer gives no access_token"),
        (Refuses(ErrorClass.UPSTREAM, "connection refused"), ErrorClass.UPSTREAM, "connection refused"),
    ],
)
def test_an_endpoint_that_fails_is_left_alone_for_a_while(
    workers: Workers, line: Any, error_class: ErrorClass, words: str
) -> None:
    workers.endpoint.failing = line

    async def scene() -> None:
        for worker in (*ALL, *ALL):
            with pytest.raises(UpstreamFailed) as caught:
                await workers.ask(worker)
            info = caught.value.info
            assert info.error_class is error_class and words in info.message and SECRET not in info.message
        assert len(workers.endpoint.asked) == 1
        await asyncio.sleep(FIRST_PAUSE)
        workers.endpoint.failing = None
        assert await workers.ask(*ALL) == [200] * 4

    workers.run(scene)
    assert len(workers.endpoint.asked) == 2
    assert SECRET not in str(workers.world.lines) and "token-2" not in str(workers.world.lines)
    assert workers.world.counted("proxyctl_token_requests_total", outcome="failed") == 1
    assert workers.world.counted("proxyctl_token_requests_total", outcome="ok") == 1


def test_it_is_asked_less_and_less(workers: Workers) -> None:
    workers.endpoint.failing = Status(500)

    async def scene() -> None:
        for _ in range(300):
            with pytest.raises(UpstreamFailed):
                await workers.ask(0)
            await asyncio.sleep(1)

    workers.run(scene)
    assert len(workers.endpoint.asked) == 8  # after 5, 10, 20, 40, then every 60 seconds


def test_a_token_serves_on_while_its_renewal_fails(workers: Workers) -> None:
    async def scene() -> None:
        await workers.ask(0)
        workers.endpoint.failing = Status(500)
        await asyncio.sleep(3400)
        assert len(workers.endpoint.asked) > 1
        assert await workers.ask(*ALL) == [200] * 4

    workers.run(scene)
    assert set(workers.endpoint.bearers) == {"token-1"}


def test_who_waits_may_leave(workers: Workers) -> None:
    workers.endpoint.takes = 5

    async def scene() -> None:
        asking = asyncio.ensure_future(workers.tokens[0].get(call()))
        other = asyncio.ensure_future(workers.tokens[0].get(call()))
        await asyncio.sleep(1)
        asking.cancel()
        assert (await other).value == "token-1"

    workers.run(scene)
    assert len(workers.endpoint.asked) == 1


def test_an_endpoint_that_hangs(workers: Workers) -> None:
    workers.endpoint.takes = 3600

    async def scene() -> None:
        with pytest.raises(UpstreamFailed, match=r"login\.test did not answer within 30 s"):
            await workers.ask(0)

    workers.run(scene)


def test_where_nothing_can_be_shared_each_asks_for_itself(workers: Workers) -> None:
    (workers.run_dir / "tokens").write_text("no directory")

    async def scene() -> None:
        assert await workers.ask(0, 1) == [200, 200]
        assert await workers.ask(0, 1) == [200, 200]

    workers.run(scene)
    assert len(workers.endpoint.asked) == 2
    assert ("warning", "tokens are not shared") in [line[:2] for line in workers.world.lines]


def test_a_command_shares_nothing(workers: Workers) -> None:
    world: Any = workers.world
    tokens = AccessTokens(workers.endpoint, None, world, world.uid, world)

    async def scene() -> None:
        assert (await tokens.get(call())).value == "token-1"
        assert (await tokens.get(call())).value == "token-1"

    workers.run(scene)
    assert not (workers.run_dir / "tokens").exists()


def test_a_key_that_is_none(workers: Workers) -> None:
    async def scene() -> None:
        with pytest.raises(UpstreamFailed) as caught:
            await workers.ask(0, client_auth="private_key_jwt", private_key="no key at all")
        assert caught.value.info.error_class is ErrorClass.AUTH
        assert caught.value.info.message == "`private_key` is no private key of RSA in PEM"

    workers.run(scene)
    assert workers.endpoint.asked == []


def test_what_is_shared_is_for_nobody_else(workers: Workers) -> None:
    async def scene() -> None:
        await workers.ask(0)
        directory = workers.run_dir / "tokens"
        (file,) = directory.glob("*.token")
        assert directory.stat().st_mode & 0o777 == 0o700 and file.stat().st_mode & 0o777 == 0o600
        assert b"token-1" not in file.read_bytes()

    workers.run(scene)
