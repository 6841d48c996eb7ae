from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from engine.adapters.upstream_granted import YOUNG
from engine.events import Call
from tests.adapters.token_endpoint import Workers, call
from tests.gateway.playbook import ScriptedReply, Status


def test_a_call_gets_its_token_and_keeps_all_else(tmp_path: Path) -> None:
    workers = Workers(tmp_path, 1)
    seen: list[Call] = []
    send = workers.endpoint.send

    async def noted(sent: Call) -> object:
        seen.append(sent)
        return await send(sent)

    workers.endpoint.send = noted  # type: ignore[method-assign, assignment]

    async def scene() -> None:
        await workers.ask(0)

    workers.run(scene)
    assert seen[-1] == call()._replace(headers={"x-a": "1", "authorization": "Bearer token-1"}, grant=None)


def test_a_call_without_a_grant_is_sent_as_it_is(tmp_path: Path) -> None:
    workers = Workers(tmp_path, 1)

    async def scene() -> None:
        sent = call()._replace(headers={"authorization": "Bearer own"}, grant=None)
        assert (await workers.upstreams[0].send(sent)).status == 200

    workers.run(scene)
    assert workers.endpoint.bearers == ["own"] and workers.endpoint.asked == []


def test_a_token_that_was_taken_back_is_replaced_once(tmp_path: Path) -> None:
    workers = Workers(tmp_path)

    async def scene() -> None:
        await workers.ask(0, 1)
        await asyncio.sleep(YOUNG)
        workers.endpoint.revoked = {"token-1"}
        assert await workers.ask(0) == [200]
        assert await workers.ask(1) == [200], "with what the other one got"
        workers.endpoint.revoked |= {"token-2"}
        assert await workers.ask(0, 1, 2) == [401, 401, 401], "another one so soon would not help"

    workers.run(scene)
    assert len(workers.endpoint.asked) == 2


def test_the_refusal_is_the_answer_when_there_is_no_other_token(tmp_path: Path) -> None:
    workers = Workers(tmp_path, 1)

    async def scene() -> None:
        await workers.ask(0)
        await asyncio.sleep(YOUNG)
        workers.endpoint.revoked, workers.endpoint.failing = {"token-1"}, Status(500)
        assert await workers.ask(0) == [401]

    workers.run(scene)


class Coming:
    """An upload, which can be read but once."""

    length = 4

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("nobody reads it here")


def test_an_upload_is_not_sent_twice_but_the_next_call_has_another_token(tmp_path: Path) -> None:
    workers = Workers(tmp_path, 1)

    async def scene() -> None:
        await workers.ask(0)
        await asyncio.sleep(YOUNG)
        workers.endpoint.revoked = {"token-1"}
        reply = await workers.upstreams[0].send(call()._replace(upload=Coming()))
        assert reply.status == 401
        assert await workers.ask(0) == [200]

    workers.run(scene)
    assert workers.endpoint.bearers == ["token-1", "token-1", "token-2"]


def test_a_client_that_leaves_while_another_token_is_fetched_leaves_nothing_open(tmp_path: Path) -> None:
    workers = Workers(tmp_path, 1)
    replies: list[ScriptedReply] = []
    send = workers.endpoint.send

    async def noted(sent: Call) -> ScriptedReply:
        replies.append(await send(sent))
        return replies[-1]

    async def scene() -> None:
        await workers.ask(0)
        await asyncio.sleep(YOUNG)
        workers.endpoint.revoked, workers.endpoint.takes = {"token-1"}, 5.0
        workers.endpoint.send = noted  # type: ignore[method-assign]
        asking = asyncio.ensure_future(workers.ask(0))
        await asyncio.sleep(1.0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [reply.closed for reply in replies] == [True]

    workers.run(scene)
