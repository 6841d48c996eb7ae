"""`examples/chat-backend`, spoken to as clients of the old service do, on every kind of database."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.e2e.engine_process import EngineProcess
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer
from tests.storage.databases import KINDS, database_of

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "chat-backend"
PATIENCE = 30.0


class Platform:
    """Answers `echo: …` to what is asked, unless a question is about one of `faults`."""

    def __init__(self) -> None:
        self.titles = threading.Event()
        self.titles.set()
        self.title: Answer = json_answer(whole("“闲聊”"))
        self.upstream = TestUpstream(self.answer)

    def answer(self, request: Request) -> Answer:
        asked = request.json
        question = asked["messages"][-1]["content"]
        if asked["messages"][0]["role"] == "system":
            self.titles.wait(PATIENCE)
            return self.title
        if question == "fail":
            return json_answer({"error": {"message": "模型坏了"}}, 500)
        if not asked.get("stream"):
            return json_answer(whole(f"echo: {question}"))
        if question == "cut":
            return sse_answer(chunk("Hal"), end=False, pieces=[None])
        if question == "leave":
            return sse_answer(chunk("Hal"), end=False, pieces=[PATIENCE])
        return sse_answer(chunk("echo: "), chunk(question), chunk("", "stop"))


def whole(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }  # fmt: skip


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [choice]}


class OldClient:
    """As the README of the old service says."""

    def __init__(self, url: str, user: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False)
        self.user = user

    async def create(self) -> str:
        answer = (await self.http.post("/conversations")).json()
        assert answer["message"] == "对话会话创建成功"
        return str(uuid.UUID(answer["session_id"]))

    async def chat(self, session: str, message: str, **more: Any) -> httpx.Response:
        body = {"user_id": self.user, "session_id": session, "message": message, **more}
        return await self.http.post("/chat", json=body)

    async def stream(self, session: str, message: str) -> list[Any]:
        answer = await self.chat(session, message, stream=True)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        frames = answer.text.split("\n\n")
        assert frames.pop() == "" and all(frame.startswith("data: ") for frame in frames)
        events = [json.loads(frame.removeprefix("data: ")) for frame in frames]
        spaced = [f"data: {json.dumps(event, ensure_ascii=False)}" for event in events]
        assert frames == spaced  # as Python's json.dumps wrote them
        return events

    async def history(self, session: str) -> list[tuple[str, str, str | None]]:
        answer = (await self.http.get(f"/conversations/{session}/history")).json()
        assert answer["session_id"] == session
        return [(each["role"], each["content"], each.get("state")) for each in answer["messages"]]

    async def listed(self) -> dict[str, dict[str, Any]]:
        answer = (await self.http.get("/conversations")).json()
        return {each["session_id"]: each for each in answer["conversations"]}

    async def title(self, session: str) -> str:
        return str((await self.listed())[session]["title"])


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    platform = Platform()
    with platform.upstream:
        yield platform


@pytest.fixture(scope="module", params=KINDS)
def engine(
    request: pytest.FixtureRequest, platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, site, dirs_exist_ok=True)
    env = {"LLM_API_URL": f"{platform.upstream.url}/default/chat", "LLM_MODEL": "m", "LLM_API_KEY": "sk-site"}
    with database_of(request.param, site) as url:
        flags = ("--storage", url, "--allow-addresses", "127.0.0.0/8", "--log-level", "warning")
        with EngineProcess(site, *flags, env=env) as engine:
            asyncio.run(until(lambda: answers(engine)))
            yield engine


Meets = Callable[[EngineProcess, str], OldClient]


@pytest_asyncio.fixture
async def meets() -> AsyncIterator[Meets]:
    async with AsyncExitStack() as stack:

        def client(engine: EngineProcess, user: str) -> OldClient:
            made = OldClient(engine.url, user)
            stack.push_async_callback(made.http.aclose)
            return made

        yield client


async def answers(engine: EngineProcess) -> bool:
    """The clerk needs a moment more than the worker."""
    return httpx.get(f"{engine.url}/conversations", timeout=PATIENCE, trust_env=False).status_code == 200


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_a_conversation(engine: EngineProcess, platform: Platform, meets: Meets) -> None:
    client = meets(engine, "ann")
    session = await client.create()
    assert await client.history(session) == []
    answer = await client.chat(session, "你好", temperature=0)
    assert answer.json() == {"session_id": session, "user_message": "你好", "assistant_reply": "echo: 你好"}
    events = await client.stream(session, "再说一次 😀")
    assert events == [{"chunk": "echo: "}, {"chunk": "再说一次 😀"}, {"done": True}]
    assert await client.history(session) == [
        ("user", "你好", None), ("assistant", "echo: 你好", None),
        ("user", "再说一次 😀", None), ("assistant", "echo: 再说一次 😀", None),
    ]  # fmt: skip
    asked = [
        each for each in platform.upstream.requests if each.json["messages"][-1]["content"] == "再说一次 😀"
    ]
    assert [each["content"] for each in asked[-1].json["messages"]] == ["你好", "echo: 你好", "再说一次 😀"]
    assert asked[-1].headers["authorization"] == "Bearer sk-site"
    assert (await client.listed())[session]["message_count"] == 4
    for _ in range(2):
        gone = await client.http.delete(f"/conversations/{session}")
        assert (gone.status_code, gone.json()) == (200, {"message": f"会话 {session} 已删除"})
    assert (await client.http.get(f"/conversations/{session}/history")).status_code == 404


async def test_an_unknown_session_asks_nobody(
    engine: EngineProcess, platform: Platform, meets: Meets
) -> None:
    client, before = meets(engine, "ann"), len(platform.upstream.requests)
    answer = await client.chat("nowhere", "hi")
    assert (answer.status_code, answer.json()) == (404, {"detail": "会话 nowhere 不存在"})
    assert await client.stream("nowhere", "hi") == [{"error": "会话 nowhere 不存在"}]
    answer = await client.http.get("/conversations/nowhere/history")
    assert (answer.status_code, answer.json()) == (404, {"detail": "会话 nowhere 不存在"})
    assert len(platform.upstream.requests) == before


async def test_two_users_at_once_never_share_anything(
    engine: EngineProcess, platform: Platform, meets: Meets
) -> None:
    async def talk(user: str) -> None:
        client = meets(engine, user)
        settings = {
            "user_id": user, "model_type": "custom", "llm_api_url": f"{platform.upstream.url}/of/{user}",
            "llm_model": f"model-of-{user}", "llm_api_key": f"sk-0123456789-{user}", "max_tokens": len(user),
        }  # fmt: skip
        assert (await client.http.post("/api/config", json=settings)).status_code == 200
        session = await client.create()
        for number in range(6):
            await client.stream(session, f"{user} {number}")
        shown = (await client.http.get("/api/config", params={"user_id": user})).json()
        assert (shown["llm_model"], shown["current_model_type"]) == (f"model-of-{user}", "custom")
        assert shown["llm_api_key"] == f"sk-…{user[-4:]}"

    users = ["first", "second-user", "third-of-them"]
    await asyncio.gather(*map(talk, users))
    for user in users:
        own = [each for each in platform.upstream.requests if each.path == f"/of/{user}"]
        assert len(own) >= 6
        for each in own:
            assert each.json["model"] == f"model-of-{user}"
            assert each.headers["authorization"] == f"Bearer sk-0123456789-{user}"
            said = [message["content"] for message in each.json["messages"] if message["role"] == "user"]
            assert user in said[-1]


async def test_turns_at_once_in_one_conversation_keep_an_order(engine: EngineProcess, meets: Meets) -> None:
    client = meets(engine, "ann")
    session = await client.create()
    await asyncio.gather(*(client.stream(session, f"q{number}") for number in range(4)))
    found = await client.history(session)
    assert [role for role, _, _ in found] == ["user", "assistant"] * 4
    for (_, question, _), (_, answer, state) in zip(found[::2], found[1::2], strict=True):
        assert (answer, state) == (f"echo: {question}", None)


async def test_a_stream_that_breaks_is_kept_as_far_as_it_came(engine: EngineProcess, meets: Meets) -> None:
    client = meets(engine, "ann")
    session = await client.create()
    *chunks, last = await client.stream(session, "cut")
    assert chunks == [{"chunk": "Hal"}] and set(last) == {"error"}
    assert await client.history(session) == [("user", "cut", None), ("assistant", "Hal", "partial")]
    assert await client.title(session) == "新对话"


async def test_a_failure_before_the_first_word(engine: EngineProcess, meets: Meets) -> None:
    client = meets(engine, "ann")
    session = await client.create()
    assert await client.stream(session, "fail") == [{"error": "模型坏了"}]
    answer = await client.chat(session, "fail")
    assert (answer.status_code, answer.json()) == (502, {"detail": "对话失败: 模型坏了"})
    assert await client.history(session) == [("user", "fail", None), ("assistant", "", "partial")] * 2


async def test_a_client_that_leaves_loses_nothing_that_came(engine: EngineProcess, meets: Meets) -> None:
    client = meets(engine, "ann")
    session = await client.create()
    body = {"user_id": "ann", "session_id": session, "message": "leave", "stream": True}
    async with client.http.stream("POST", "/chat", json=body) as answer:
        assert await anext(answer.aiter_lines()) == 'data: {"chunk": "Hal"}'

    async def kept() -> bool:
        return (await client.history(session))[-1] == ("assistant", "Hal", "partial")

    await until(kept)


async def test_a_title_never_delays_the_end_and_comes_later(
    engine: EngineProcess, platform: Platform, meets: Meets
) -> None:
    client = meets(engine, "ann")
    session = await client.create()
    platform.titles.clear()
    try:
        assert (await client.stream(session, "hi"))[-1] == {"done": True}
        assert await client.title(session) == "新对话"
    finally:
        platform.titles.set()

    async def titled() -> bool:
        return await client.title(session) == "闲聊"

    await until(titled)


async def test_a_title_that_fails_leaves_the_default(
    engine: EngineProcess, platform: Platform, meets: Meets
) -> None:
    client, good = meets(engine, "ann"), platform.title
    session = await client.create()
    platform.title = json_answer({"error": {"message": "no"}}, 400)
    try:
        before = len(platform.upstream.requests)
        await client.chat(session, "hi")

        async def asked() -> bool:
            return len(platform.upstream.requests) >= before + 2

        await until(asked)
    finally:
        platform.title = good
    assert await client.title(session) == "新对话"


async def test_settings_that_are_wrong_are_told_in_the_old_words(engine: EngineProcess, meets: Meets) -> None:
    client = meets(engine, "dan")
    for said, status, detail in (
        ({"model_type": "custom"}, 400, "自定义模型需要提供URL和Model"),
        ({"model_type": "glm", "max_tokens": 100001}, 400, "max_tokens 必须在 1 到 100000 之间"),
        ({"model_type": "custom", "llm_model": "m", "llm_api_url": "http://10.0.0.1/x"}, 400, None),
        ({"model_type": "none"}, 422, None),
    ):
        answer = await client.http.post("/api/config", json={"user_id": "dan", **said})
        assert answer.status_code == status
        assert detail is None or answer.json() == {"detail": detail}
    assert (await client.http.get("/api/config")).status_code == 422
    assert (await client.http.get("/api/health")).json()["status"] == "ok"


async def test_while_the_database_is_away_all_else_goes_on(
    platform: Platform, tmp_path: Path, meets: Meets
) -> None:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    with EngineProcess(tmp_path, "--storage", "postgresql://127.0.0.1:1/none") as engine:
        client = meets(engine, "ann")
        created, asked = await client.http.post("/conversations"), await client.chat("s", "hi")
        for answer in (created, asked):
            assert answer.status_code == 503 and "database" in answer.json()["detail"]
        assert (await client.http.get("/api/health")).status_code == 200
