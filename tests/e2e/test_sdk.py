"""The official OpenAI SDK against the running engine, with upstreams of several wire formats."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

SITE = """
version: 1
providers:
  plain: {{dialect: openai, base_url: "{url}/v1", key: "${{env:E2E_KEY}}"}}
  claude: {{dialect: anthropic, base_url: "{url}", key: "${{env:E2E_KEY}}"}}
  google: {{dialect: gemini, base_url: "{url}", key: "${{env:E2E_KEY}}"}}
  lines: {{dialect: ollama, base_url: "{url}"}}
  bot: {{dialect: coze, base_url: "{url}", key: "${{env:E2E_KEY}}"}}
models:
  plain: {{targets: [{{provider: plain, model: up-1}}]}}
  claude: {{targets: [{{provider: claude, model: up-2}}]}}
  google: {{targets: [{{provider: google, model: up-3}}]}}
  lines: {{targets: [{{provider: lines, model: up-4}}]}}
  bot: {{targets: [{{provider: bot, model: "7380"}}]}}
"""

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "the weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


def plain(request: Request) -> Answer:
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    wants_tool = bool(request.json.get("tools"))
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up-1"}
    if not request.json.get("stream"):
        message = {"role": "assistant", "content": None if wants_tool else "Grüße 世界", "refusal": None}
        if wants_tool:
            message["tool_calls"] = [
                {**call, "function": {"name": "weather", "arguments": '{"city":"Köln"}'}}
            ]
        finish = "tool_calls" if wants_tool else "stop"
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        return json_answer({**base, "object": "chat.completion", "choices": [choice], "usage": usage})

    def chunk(delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    if wants_tool:
        frames = [
            chunk({"role": "assistant", "content": None, "tool_calls": [call]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"Köln"}'}}]}),
            chunk({}, "tool_calls"),
        ]
    else:
        frames = [
            chunk({"role": "assistant", "content": "Grüße "}),
            chunk({"content": "世界"}),
            chunk({}, "stop"),
        ]
    return sse_answer(*frames, {**base, "choices": [], "usage": usage})


def claude(request: Request) -> Answer:
    body = request.json
    wants_tool = bool(body.get("tools"))
    usage = {"input_tokens": 5, "output_tokens": 7}
    text = {"type": "text", "text": "Grüße 世界"}
    tool = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Köln"}}
    reason = "tool_use" if wants_tool else "end_turn"
    if not body.get("stream"):
        content = [tool if wants_tool else text]
        return json_answer(
            {"id": "m1", "type": "message", "role": "assistant", "model": "up-2", "content": content,
             "stop_reason": reason, "usage": usage}
        )  # fmt: skip
    block = {**tool, "input": {}} if wants_tool else {"type": "text", "text": ""}
    pieces = ['{"city":', '"Köln"}'] if wants_tool else ["Grüße ", "世界"]
    kind, field = ("input_json_delta", "partial_json") if wants_tool else ("text_delta", "text")
    events = [
        {"type": "message_start", "message": {
            "id": "m1", "type": "message", "role": "assistant", "model": "up-2", "content": [], "stop_reason": None,
            "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1},
        }},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: piece}} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]  # fmt: skip
    raw = "".join(
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events
    )
    whole = raw.encode()
    cuts = [whole[at : at + 7] for at in range(0, len(whole), 7)]
    return Answer(200, {"content-type": "text/event-stream; charset=utf-8"}, cuts)


def google(request: Request) -> Answer:
    wants_tool = bool(request.json.get("tools"))
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 4, "thoughtsTokenCount": 3, "totalTokenCount": 12}
    call = {"functionCall": {"name": "weather", "args": {"city": "Köln"}}}

    def answer(parts: list[object], **more: object) -> dict[str, object]:
        return {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **more}],
                "usageMetadata": usage, "responseId": "r1", "modelVersion": "up-3"}  # fmt: skip

    if "streamGenerateContent" not in request.path:
        return json_answer(answer([call] if wants_tool else [{"text": "Grüße 世界"}], finishReason="STOP"))
    frames = [answer([call])] if wants_tool else [answer([{"text": "Grüße "}]), answer([{"text": "世界"}])]
    frames.append(answer([], finishReason="STOP"))
    raw = "".join(f"data: {json.dumps(frame)}\r\n\r\n" for frame in frames)
    return Answer(200, {"content-type": "text/event-stream"}, [raw.encode()])


def lines(request: Request) -> Answer:
    wants_tool = bool(request.json.get("tools"))
    call = {"function": {"name": "weather", "arguments": {"city": "Köln"}}}
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 7}
    message = {"role": "assistant", "content": "", "tool_calls": [call]} if wants_tool else None
    if not request.json.get("stream"):
        return json_answer(
            {"model": "up-4", "message": message or {"role": "assistant", "content": "Grüße 世界"}, **end}
        )
    parts = [message] if message else [{"role": "assistant", "content": text} for text in ("Grüße ", "世界")]
    frames = [{"model": "up-4", "message": part, "done": False} for part in parts]
    frames.append({"model": "up-4", "message": {"role": "assistant", "content": ""}, **end})
    raw = "".join(json.dumps(frame) + "\n" for frame in frames)
    return Answer(200, {"content-type": "application/x-ndjson"}, [raw.encode()])


def bot(request: Request) -> Answer:
    frames = [
        ("conversation.chat.created", {"id": "88", "conversation_id": "k1", "status": "created"}),
        *(("conversation.message.delta", {"type": "answer", "content": text}) for text in ("Grüße ", "世界")),
        ("conversation.message.completed", {"type": "answer", "content": "Grüße 世界"}),
        (
            "conversation.chat.completed",
            {"id": "88", "usage": {"token_count": 12, "output_count": 7, "input_count": 5}},
        ),
        ("done", "[DONE]"),
    ]
    raw = "".join(f"event:{name}\ndata:{json.dumps(data)}\n\n" for name, data in frames)
    return Answer(200, {"content-type": "text/event-stream"}, [raw.encode()])


def upstream(request: Request) -> Answer:
    routes = {"/v1/chat/completions": plain, "/v1/messages": claude, "/api/chat": lines, "/v3/chat": bot}
    path = request.path.partition("?")[0]
    return routes.get(path, google)(request)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    site = tmp_path_factory.mktemp("site")
    with TestUpstream(upstream) as server:
        write_site(site, all=SITE.format(url=server.url))
        with EngineProcess(site, env={"E2E_KEY": "sk-e2e"}) as engine:
            yield OpenAI(base_url=f"{engine.url}/v1", api_key="none", max_retries=0)


ALIASES = ["plain", "claude", "google", "lines", "bot"]
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]


@pytest.mark.parametrize("model", ALIASES)
def test_whole_text(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.create(model=model, messages=HELLO)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.content == "Grüße 世界"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (
        5,
        7,
        12,
    )


@pytest.mark.parametrize("model", ALIASES)
def test_streamed_text(client: OpenAI, model: str) -> None:
    stream = client.chat.completions.create(
        model=model, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Grüße 世界"
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == [
        "stop"
    ]
    assert [c.choices[0].delta.role for c in chunks if c.choices and c.choices[0].delta.role] == ["assistant"]
    assert len({c.id for c in chunks}) == 1
    assert chunks[-1].usage is not None and chunks[-1].choices == []
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (5, 7)


@pytest.mark.parametrize("model", ["plain", "claude", "google", "lines"])
def test_tool_calls_whole_and_streamed(client: OpenAI, model: str) -> None:
    answer = client.chat.completions.create(model=model, messages=HELLO, tools=TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls"
    calls = answer.choices[0].message.tool_calls
    assert calls and json.loads(calls[0].function.arguments) == {"city": "Köln"}
    assert answer.choices[0].message.content is None

    with client.chat.completions.stream(model=model, messages=HELLO, tools=TOOLS) as stream:
        final = stream.get_final_completion()
    streamed = final.choices[0].message.tool_calls
    assert streamed and streamed[0].function.name == "weather"
    assert json.loads(streamed[0].function.arguments) == {"city": "Köln"}
    assert final.choices[0].finish_reason == "tool_calls"


def test_conversation_id_reaches_the_client(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="bot", messages=HELLO)
    assert "k1" in answer.model_dump_json()


def test_unknown_model_suggests_a_near_one(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="claude") as caught:
        client.chat.completions.create(model="claud", messages=HELLO)
    assert caught.value.code == "model_not_found"


def test_models_are_listed(client: OpenAI) -> None:
    assert sorted(model.id for model in client.models.list()) == sorted(ALIASES)
    assert client.models.retrieve("bot").id == "bot"


def test_a_wrong_message_names_the_parameter(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="plain", messages=[{"role": "user", "content": 7}])
    assert caught.value.param == "messages[0].content"
    assert caught.value.type == "invalid_request_error"


def test_the_headers_say_who_answered(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="claude", messages=HELLO)
    assert raw.headers["x-proxyctl-provider"] == "claude"
    assert raw.headers["x-proxyctl-target"] == "claude/up-2"
    assert raw.headers["x-proxyctl-attempts"] == "1"
    assert raw.headers["x-proxyctl-generation"]
    assert raw.headers["x-request-id"]
