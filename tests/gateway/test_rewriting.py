"""Keyword rules: what goes up and what comes down has them applied, wherever a stream is cut."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from engine.events import Event
from engine.gateway.rewriting import AnswerRules
from engine.snapshot.model import Client
from engine.surfaces.answer import Folded, FoldedChoice, Thought, ToolCall
from engine.surfaces.fold import Fold
from tests.gateway.playbook import Break, Game, Json, Reply, Stream, Time, World, compiled, frame, play

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
  clean:
    wire: openai-chat
    passthrough: true
    operations:
      chat:
        request: {path: /chat, body: {$spread: =body, model: =model, stream: =chat.stream}}
        stream:
          frames: sse
          end: "[DONE]"
          events:
            - start: {id: =data.id}
              text: =data.choices[0].delta.content || data.choices[0].message.content
              finish: =data.choices[0].finish_reason
              usage: {prompt: =data.usage.prompt_tokens, output: =data.usage.completion_tokens}
        response: {from: stream}
rules:
  hide: {apply: [{match: nightingale, with: "[project]", ignore_case: true}]}
  mask: {on: answer, parts: [text, tool_arguments], apply: [{regex: '\\d{4}-\\d{4}', mask: "#"}]}
  ask: {on: request, apply: [{match: colour, with: color}]}
  all: {always: true, on: request, parts: system, apply: [{match: you, with: thou, words: true}]}
groups:
  team: {rules: ask}
clients:
  web: {key: "sha256:0000000000000000000000000000000000000000000000000000000000000000", groups: [team], rules: mask}
providers:
  a: {dialect: plain, base_url: "https://a.test", retry: off}
  b: {dialect: clean, base_url: "https://b.test", retry: off}
  c: {dialect: clean, base_url: "https://c.test", retry: off, rules: hide}
models:
  mapped: {targets: [a/m], rules: hide}
  passed: {targets: [b/m], rules: hide}
  asks: {targets: [b/asks], rules: ask}
  plainly: {targets: [b/plainly]}
  other: {targets: [b/m, c/m]}
"""


def chunk(text: str | None = None, finish: str | None = None) -> dict[str, object]:
    delta = {"content": text} if text is not None else {}
    return {"id": "up-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def sent(game: Game, number: int = 0) -> Any:
    return orjson.loads(game.upstream.calls[number].body)


def test_a_request_is_rewritten_before_it_is_mapped() -> None:
    game = play(SITE, "mapped", Json({"text": "ok", "finish": "stop"}), messages=said("the Nightingale file"))
    assert sent(game)["say"] == "the [project] file"


def said(text: str, system: str = "be kind") -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": text}]


def test_a_request_that_passes_is_rebuilt_only_where_something_was_found() -> None:
    done = {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
    game = Game(SITE)
    game.ask("asks", script=[Json(done)], messages=said("the colour"), odd=1)
    game.ask("asks", script=[Json(done)], messages=said("the shade"), odd=1)
    assert sent(game)["messages"][1]["content"] == "the color" and sent(game)["odd"] == 1
    raw = game.upstream.calls[1].body
    assert raw.startswith(b'{"model":"asks","messages":[') and raw.endswith(b'"odd":1}')
    assert game.heard.raw == orjson.dumps(done)  # and its answer passes as it is
    assert game.world.counted("proxyctl_rule_matches_total", rule="ask", on="request") == 1


def test_rules_of_every_request_hold_without_being_named() -> None:
    done = {"choices": [{"message": {"role": "assistant", "content": "you"}, "finish_reason": "stop"}]}
    game = play(SITE, "plainly", Json(done), messages=said("you", system="you and your kind"))
    system, user = sent(game)["messages"]
    assert (system["content"], user["content"]) == ("thou and your kind", "you")
    assert game.heard.raw == orjson.dumps(done)


def test_rules_of_a_provider_hold_where_it_is_tried() -> None:
    failed = Reply(500, [b"{}"])
    good = Json(
        {"text": "x", "choices": [{"message": {"content": "a nightingale"}, "finish_reason": "stop"}]}
    )
    game = play(SITE, "other", failed, good, messages=said("nightingale"))
    assert sent(game, 0)["messages"][1]["content"] == "nightingale"
    assert sent(game, 1)["messages"][1]["content"] == "[project]"
    assert game.heard.text == "a [project]"


def test_clients_and_their_groups_have_rules() -> None:
    snapshot = compiled(SITE)
    (web,) = snapshot.clients
    assert web.rules == ("ask", "mask")
    game = Game(SITE)
    good = Json({"choices": [{"message": {"content": "1234-5678"}, "finish_reason": "stop"}]})
    game.ask("plainly", script=[good], client=web, messages=said("colour"))
    assert sent(game)["messages"][1]["content"] == "color" and game.heard.text == "#########"
    game.ask("plainly", script=[good], client=Client("other", ()), messages=said("colour"))
    assert game.heard.text == "1234-5678"


@pytest.mark.parametrize("model", ["mapped", "passed"])
@pytest.mark.parametrize("seed", range(12))
def test_a_stream_says_the_same_however_it_is_cut(model: str, seed: int) -> None:
    """Cut into deltas, and their bytes into pieces: whole, each by itself, at random."""
    chance = random.Random(seed)
    text = "In Night, nightingale; NIGHTINGALES nightnightingale nightingal"
    wanted = "In Night, [project]; [project]S night[project] nightingal"
    deltas: list[str] = []
    while len("".join(deltas)) < len(text):
        at = len("".join(deltas))
        deltas.append(text[at : at + (chance.randint(1, 7) if seed else 1)])
    if model == "passed":
        frames = [*(chunk(delta) for delta in deltas), chunk(finish="stop"), "[DONE]"]
    else:
        frames = [*({"text": delta} for delta in deltas), {"finish": "stop"}]
    raw = b"".join(frame(each) for each in frames)
    size = chance.choice((1, 13, len(raw)))
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    game = play(SITE, model, Stream(*pieces), stream=True)
    assert game.heard.text == wanted and game.heard.chunks[-1] == "[DONE]"
    whole = play(SITE, model, Stream(*pieces))
    assert whole.heard.text == wanted
    assert game.world.counted("proxyctl_rule_matches_total", rule="hide", on="answer") == 3


def test_a_passed_stream_keeps_its_usage_to_itself_and_counts_it() -> None:
    usage = {"id": "up-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    script = Stream(chunk("nightin"), chunk("gale"), chunk(finish="stop"), usage, "[DONE]")
    game = play(SITE, "passed", script, stream=True)
    assert game.heard.text == "[project]" and b"usage" not in game.heard.raw
    assert game.world.lines[-1][2]["usage"] == {"prompt": 3, "output": 4}
    asked = play(SITE, "passed", script, stream=True, stream_options={"include_usage": True})
    assert asked.heard.chunks[-2]["usage"]["prompt_tokens"] == 3


def test_what_was_held_back_comes_out_before_an_error() -> None:
    game = play(SITE, "mapped", Stream({"text": "a night"}, Break()), stream=True)
    texts = [
        choice["delta"].get("content")
        for chunk in game.heard.chunks[:-1]
        for choice in chunk.get("choices", ())
    ]
    assert "".join(text or "" for text in texts) == "a night"
    assert game.heard.error["code"] == "connection_lost"


# --- events -----------------------------------------------------------------------------------------------


def rules(*names: str) -> AnswerRules:
    book = compiled(SITE).rules
    applied = book.applied[names] if book else None
    assert applied is not None
    world: Any = World(Time())
    return AnswerRules(applied.answer, world)


def told(events: list[Event], *names: str) -> list[Event]:
    made = rules(*names)
    return [event for event in events for event in made.feed([event])]


def call(arguments: str, key: int = 0, **extra: Any) -> Event:
    fields = {"key": key, "id": f"c{key}", "name": "f", "arguments": arguments}
    return Event("tool_call", {**fields, "extra": extra} if extra else fields)


def arguments(events: list[Event], key: int) -> str:
    return "".join(e.fields["arguments"] for e in events if e.kind == "tool_call" and e.fields["key"] == key)


def test_a_text_ends_where_a_tool_call_or_the_finish_begins() -> None:
    finish, done = Event("finish", {"reason": "stop"}), Event("done", {})
    events = [
        Event("text", {"text": "a night"}),
        call("{}"),
        Event("text", {"text": "ingale n"}),
        finish,
        done,
    ]
    found = told(events, "hide")
    assert [(event.kind, event.fields.get("text")) for event in found] == [
        ("text", "a "), ("text", "night"), ("tool_call", None), ("text", "ingale "), ("text", "n"),
        ("finish", None), ("done", None),
    ]  # fmt: skip


def test_calls_that_come_side_by_side_stay_json() -> None:
    events = [
        call('{"nightingale": "a night'), call('{"b": "ni', 1), call('ingale", "c": 1', 0), call('ghtingale"}', 1),
        call("}"), Event("finish", {"reason": "tool_calls"}),
    ]  # fmt: skip
    found = told(events, "hide")
    assert orjson.loads(arguments(found, 0)) == {"nightingale": "a [project]", "c": 1}
    assert orjson.loads(arguments(found, 1)) == {"b": "[project]"}
    assert all(event.fields["id"] and event.fields["name"] for event in found if event.kind == "tool_call")


def test_arguments_of_a_custom_tool_are_text() -> None:
    events = [call("a night", type="custom"), call("ingale", type="custom"), call(" night", type="custom")]
    found = [*told([*events, Event("done", {})], "hide")]
    assert arguments(found, 0) == "a [project] night"


def test_a_call_is_told_of_though_its_arguments_wait() -> None:
    (first,) = told([call("")], "hide")
    assert first.fields == {"key": 0, "id": "c0", "name": "f", "arguments": ""}


def test_thoughts_and_refusals_and_transcripts_too() -> None:
    events = [
        Event("reasoning", {"text": "night"}), Event("reasoning", {"text": "ingale night"}),
        Event("reasoning", {"signature": "s"}), Event("refusal", {"text": "nightingale"}),
        Event("audio", {"id": "x", "transcript": "nightin"}), Event("audio", {"transcript": "gale", "data": "AA"}),
        Event("citation", {"url": "https://nightingale", "text": "nightingale"}),
        Event("logprobs", {"content": [{"token": "night"}]}), Event("error", {"message": "x"}),
    ]  # fmt: skip
    found = told(events, "hide")
    thoughts = [event.fields for event in found if event.kind == "reasoning"]
    assert "".join(fields.get("text", "") for fields in thoughts) == "[project] night"
    assert thoughts[-1] == {"signature": "s", "text": "night"}
    assert [event.fields for event in found if event.kind == "refusal"] == [{"text": "[project]"}]
    audio = [event.fields for event in found if event.kind == "audio"]
    assert audio == [{"id": "x", "transcript": ""}, {"transcript": "[project]", "data": "AA"}]
    assert Event("citation", {"url": "https://nightingale", "text": "[project]"}) in found
    assert not any(event.kind == "logprobs" for event in found) and found[-1].kind == "error"


def test_parts_that_no_rule_reads_pass() -> None:
    events = [Event("reasoning", {"text": "1234-5678"}), Event("text", {"text": "1234-5678"}, 1)]
    assert [event.fields["text"] for event in told(events, "mask")] == ["1234-5678", "#########"]


def test_a_whole_answer_is_what_its_stream_is() -> None:
    choice = FoldedChoice(
        0,
        "stop",
        text="a nightingale",
        thoughts=[Thought("nightingale", "s")],
        refusal="Nightingale",
        tool_calls=[
            ToolCall("c", "f", '{"nightingale": "nightingale"}'),
            ToolCall("d", "g", "night", {"type": "custom"}),
        ],
        citations=[{"text": "nightingale", "type": "nightingale"}],
        logprobs={"content": []},
        audio={"transcript": "nightingale", "data": "AA"},
    )
    (found,) = rules("hide").whole(Folded({}, [choice])).choices
    assert (found.text, found.refusal, found.thoughts) == (
        "a [project]",
        "[project]",
        [Thought("[project]", "s")],
    )
    assert [each.arguments for each in found.tool_calls] == ['{"nightingale": "[project]"}', "night"]
    assert found.citations == [{"text": "[project]", "type": "nightingale"}] and found.logprobs is None
    assert found.audio == {"transcript": "[project]", "data": "AA"}
    assert choice.text == "a nightingale"


@pytest.mark.parametrize("seed", range(20))
def test_streams_and_whole_answers_agree(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choices(["night", "ingale", "nightingale", " ", "1234", "-", "5678"], k=20))
    fold, made = Fold(lambda prefix: f"{prefix}1"), rules("hide", "mask")
    out: list[Event] = []
    at = 0
    while at < len(text):
        size = chance.randint(1, 9)
        out += made.feed(fold.feed([Event("text", {"text": text[at : at + size]})]))
        at += size
    out += made.feed(fold.feed([Event("finish", {"reason": "stop"}), Event("done", {})]))
    streamed = "".join(event.fields["text"] for event in out if event.kind == "text")
    (whole,) = rules("hide", "mask").whole(fold.result()).choices
    assert streamed == whole.text
