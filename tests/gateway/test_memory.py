"""Chats of a client protocol that are written down, played."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from engine.errors import EngineUnavailable, RequestRefused
from engine.events import Inbound
from engine.gateway.answer import Answer
from engine.gateway.background import MOST
from engine.snapshot.model import Client
from tests.gateway.acted import Acts
from tests.gateway.playbook import Break, Heard, Json, Line, Status, Stream, Wait, client, heard

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", key: sk-secret-a, retry: off}
  b: {dialect: openai, base_url: "https://b.test", key: sk-secret-b, retry: off}
models:
  smart: {targets: [a/m1]}
  alike: {targets: [b/m2]}
prompts: {title: {user: "Title: {{ question }} {{ answer }}"}}
conversations:
  main: {owner: =client.name, keep: 5}
  titled: {title: {prompt: title}}
endpoints:
  chat:
    path: /v1/chat/completions
    surface: openai-chat
    remember: {conversations: main, conversation: '=headers."x-session-id"', user: '=headers."x-user-id"'}
  claude: {path: /v1/messages, surface: anthropic-messages, remember: {conversations: main, conversation: =body.metadata.user_id}}
  titled: {path: /titled, surface: openai-chat, remember: {conversations: titled, conversation: s-9}}
"""
ASKED = {"model": "smart", "messages": [{"role": "user", "content": "hi"}]}
SESSION = {"x-session-id": "s-1", "x-user-id": "ann"}
GOOD = Json({"text": "hello", "finish": "stop", "usage": {"prompt": 3, "output": 4}})
TEXTS = ({"id": "r1", "text": "hel"}, {"text": "lo"}, {"finish": "stop", "usage": {"prompt": 3, "output": 4}})
USER = {"role": "user", "content": "hi"}
ANSWER = {"role": "assistant", "content": "hello", "model": "smart", "tokens": 4, "state": "complete"}


class Remembers(Acts):
    """`away`: how often the database is not there; `slow`: how many seconds it takes."""

    def __init__(self, away: int = 0, slow: float = 0.0, refuses: bool = False) -> None:
        super().__init__(SITE)
        self.verbs: list[tuple[str, Mapping[str, Any]]] = []
        self.away, self.slow, self.refuses = away, slow, refuses
        self.gateway.office.clerk = self._clerk

    async def _clerk(self, verb: str, args: Mapping[str, Any]) -> Any:
        await asyncio.sleep(self.slow)
        if self.away:
            self.away -= 1
            raise EngineUnavailable("away", code="storage_away")
        if self.refuses:
            raise RequestRefused("too large", code="message_too_large", status=413)
        self.verbs.append((verb, args))
        return {"conversation": {"title": None}}

    async def answer(self, name: str, body: Any, headers: Mapping[str, str], who: Client | None) -> Answer:
        inbound = Inbound("POST", "/", {}, headers, orjson.dumps(body), "req-1")
        return await self.gateway.remember(self.snapshot, self.endpoint(name), inbound, who)

    def chat(
        self,
        *script: Line,
        name: str = "chat",
        headers: Mapping[str, str] = SESSION,
        **body: Any,
    ) -> Heard:
        async def play() -> Heard:
            said = await heard(await self.answer(name, {**ASKED, **body}, headers, client("web")))
            await self.gateway.office.settled()
            return said

        self.upstream.script = list(script)
        return self.run(play())

    @property
    def messages(self) -> Any:
        return [args["messages"] for verb, args in self.verbs if verb == "conversations.append"]


def test_a_whole_answer_is_written_down_with_what_was_new() -> None:
    game = Remembers()
    before = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
    assert game.chat(GOOD, messages=[*before, USER]).text == "hello"
    assert game.verbs == [
        (
            "conversations.append",
            {
                "store": "main",
                "owner": "web",
                "id": "s-1",
                "at": 1_700_000_000.0,
                "messages": [USER, ANSWER],
                "create": {"keep": 5, "per": "owner", "user": "ann"},
            },
        )
    ]


def test_so_is_a_stream_whose_client_sees_no_difference() -> None:
    game = Remembers()
    told = game.chat(Stream(*TEXTS), stream=True)
    assert (told.text, told.chunks[-1]) == ("hello", "[DONE]")
    assert game.messages == [[USER, {**ANSWER}]]
    assert game.chat(Stream(*TEXTS), stream=True, headers={}).text == told.text


def test_without_a_conversation_nothing_is() -> None:
    game = Remembers()
    assert game.chat(GOOD, headers={}).text == "hello"
    assert game.chat(GOOD, headers={"x-session-id": ""}).text == "hello"
    assert game.verbs == []


def test_bytes_pass_through_unless_somebody_listens() -> None:
    raw = b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"own":1}'
    game = Remembers()
    passing = Json(orjson.loads(raw))
    assert game.chat(passing, headers={}, model="alike").raw == raw
    assert game.chat(passing, model="alike").text == "hello"
    assert game.messages == [[USER, {**ANSWER, "model": "alike", "tokens": None}]]


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    game = Remembers()
    assert game.chat(Stream(TEXTS[0], Break("gone")), stream=True).error["message"] == "gone"
    assert [(said["content"], said["state"]) for said in game.messages[0][1:]] == [("hel", "partial")]


def test_also_when_its_client_leaves() -> None:
    game = Remembers()

    async def play() -> None:
        answer = await game.answer("chat", {**ASKED, "stream": True}, SESSION, None)
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        await answer.aclose()
        await game.gateway.office.settled()

    game.upstream.script = [Stream(TEXTS[0], Wait(100), TEXTS[1])]
    game.run(play())
    assert [(said["content"], said["state"]) for said in game.messages[0][1:]] == [("hel", "partial")]
    assert game.all_closed


def test_what_failed_before_it_began_is_not() -> None:
    game = Remembers()
    assert game.chat(Status(429)).status == 429
    assert game.chat(messages=5).status == 400
    assert game.verbs == []


def test_a_database_that_is_away_breaks_nothing_and_is_asked_again() -> None:
    game = Remembers(away=2)
    assert game.chat(GOOD).text == "hello"
    assert game.messages == [[USER, ANSWER]]
    lost = Remembers(away=100)
    assert lost.chat(GOOD).text == "hello"
    assert any("could not be saved" in str(fields) for _, _, fields in lost.world.lines)


def test_what_waits_for_a_database_is_bounded() -> None:
    game, chats = Remembers(away=10**6), MOST + 40

    async def play() -> None:
        for _ in range(chats):
            await game.answer("chat", ASKED, SESSION, None)
        await asyncio.sleep(1)
        assert len(game.gateway.office._running) <= MOST

    game.upstream.script = [GOOD] * chats
    game.run(play())
    assert [event for _, event, _ in game.world.lines].count("background work dropped") > 0


def test_a_database_that_refuses_is_told_in_the_log() -> None:
    game = Remembers(refuses=True)
    assert game.chat(GOOD).text == "hello"
    assert any("too large" in str(fields) for _, _, fields in game.world.lines)


def test_a_slow_database_holds_an_answer_up_for_a_moment_only() -> None:
    game = Remembers(slow=60)

    async def play() -> float:
        await heard(await game.answer("chat", ASKED, SESSION, None))
        return game.elapsed

    game.upstream.script = [GOOD]
    assert game.run(play()) == 2.0


def test_any_client_protocol() -> None:
    game = Remembers()
    told = game.chat(GOOD, name="claude", max_tokens=9, metadata={"user_id": "s-2"})
    assert told.data["content"][0]["text"] == "hello"
    assert (game.verbs[0][1]["id"], game.messages) == ("s-2", [[USER, ANSWER]])


def test_a_title_is_asked_for_afterwards() -> None:
    game = Remembers()
    game.chat(GOOD, Json({"text": "Greeting", "finish": "stop"}), name="titled")
    assert orjson.loads(game.upstream.calls[1].body)["say"] == "Title: hi hello"
    assert game.verbs[1] == (
        "conversations.update",
        {"store": "titled", "owner": "", "id": "s-9", "title": "Greeting", "if_untitled": True},
    )
