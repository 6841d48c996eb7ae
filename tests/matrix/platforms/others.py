"""Platforms with protocols of their own: Ollama, Cohere, DashScope, Coze, Dify, Replicate."""

from __future__ import annotations

import json
from typing import Any

from tests.matrix.script import (
    BROKEN,
    CACHED,
    OUTPUT,
    PROMPT,
    REASONING,
    REFUSED,
    Body,
    Json,
    Platform,
    Script,
    as_events,
    as_json,
    body_streams,
    in_halves,
)

# --- Ollama ------------------------------------------------------------------------------------------------


def ollama_lines(script: Script) -> list[Json]:
    lines = [{"thinking": piece} for piece in script.thoughts] + [{"content": piece} for piece in script.text]
    lines += [
        {"tool_calls": [{"function": {"name": c.name, "arguments": dict(c.given)}}]} for c in script.calls
    ]
    told: list[Json] = [
        {"model": "up", "message": {"role": "assistant", "content": "", **line}, "done": False}
        for line in lines
    ]
    if script.breaks:
        return [told[0], {"error": BROKEN}]
    counts = {"prompt_eval_count": PROMPT, "eval_count": OUTPUT}
    end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    return [*told, {"model": "up", **end, **counts}]


def ollama_whole(script: Script) -> Body:
    message: Json = {"role": "assistant", "content": script.said}
    message |= {"thinking": script.thought} if script.thoughts else {}
    calls = [{"function": {"name": c.name, "arguments": dict(c.given)}} for c in script.calls]
    message |= {"tool_calls": calls} if calls else {}
    return as_json({**ollama_lines(script)[-1], "message": message})


def ollama_stream(script: Script) -> Body:
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in ollama_lines(script)]
    return Body(200, "application/x-ndjson", "".join(lines).encode())


def ollama(_: str) -> Platform:
    fail = as_json({"error": REFUSED}, 429)
    return Platform(ollama_whole, ollama_stream, fail, body_streams, frozenset({"thoughts"}))


# --- Cohere ------------------------------------------------------------------------------------------------

COHERE_USAGE = {
    "billed_units": {"input_tokens": PROMPT, "output_tokens": OUTPUT},
    "tokens": {"input_tokens": PROMPT, "output_tokens": OUTPUT},
    "cached_tokens": CACHED,
}


def cohere_finish(script: Script) -> str:
    return "TOOL_CALL" if script.calls else "COMPLETE"


def cohere_call(script: Script) -> list[Json]:
    return [
        {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}}
        for c in script.calls
    ]


def cohere_whole(script: Script) -> Body:
    content: list[Json] = [{"type": "thinking", "thinking": script.thought}] if script.thoughts else []
    content += [{"type": "text", "text": script.said}] if script.text else []
    message = {"role": "assistant", "content": content, "tool_calls": cohere_call(script) or None}
    return as_json(
        {"id": "c1", "message": message, "finish_reason": cohere_finish(script), "usage": COHERE_USAGE}
    )


def cohere_stream(script: Script) -> Body:
    frames: list[Json] = [{"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant"}}}]
    for index, (kind, pieces) in enumerate((("thinking", script.thoughts), ("text", script.text))):
        opened = {"message": {"content": {"type": kind, kind: ""}}}
        frames += [{"type": "content-start", "index": index, "delta": opened}] if pieces else []
        frames += [
            {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: piece}}}}
            for piece in pieces
        ]
        frames += [{"type": "content-end", "index": index}] if pieces else []
    if script.breaks:
        end = {"finish_reason": "ERROR", "error": BROKEN}
        return cohere_events([*frames[:3], {"type": "message-end", "delta": end}])
    for index, (call, made) in enumerate(zip(cohere_call(script), script.calls, strict=True)):
        first, rest = in_halves(made.text)
        start = {**call, "function": {"name": made.name, "arguments": first}}
        frames += [
            {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": start}}},
            {
                "type": "tool-call-delta",
                "index": index,
                "delta": {"message": {"tool_calls": {"function": {"arguments": rest}}}},
            },
            {"type": "tool-call-end", "index": index},
        ]
    end = {"finish_reason": cohere_finish(script), "usage": COHERE_USAGE}
    return cohere_events([*frames, {"type": "message-end", "delta": end}])


def cohere_events(frames: list[Json]) -> Body:
    return as_events(*((frame["type"], frame) for frame in frames), named=True, end="[DONE]")


def cohere(_: str) -> Platform:
    fail = as_json({"message": REFUSED}, 429)
    return Platform(cohere_whole, cohere_stream, fail, body_streams, frozenset({"thoughts", "cached"}))


# --- DashScope, in its own words ---------------------------------------------------------------------------

DASHSCOPE_USAGE = {
    "input_tokens": PROMPT,
    "output_tokens": OUTPUT,
    "total_tokens": PROMPT + OUTPUT,
    "prompt_tokens_details": {"cached_tokens": CACHED},
    "output_tokens_details": {"reasoning_tokens": REASONING},
}


def dashscope_answer(finish: str, **message: Any) -> Json:
    choice = {"finish_reason": finish, "message": {"role": "assistant", "content": [], **message}}
    return {"request_id": "d1", "output": {"choices": [choice]}, "usage": DASHSCOPE_USAGE}


def dashscope_calls(script: Script) -> list[Json]:
    return [
        {"index": i, "id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}}
        for i, c in enumerate(script.calls)
    ]


def dashscope_whole(script: Script) -> Body:
    message: Json = {"content": [{"text": script.said}] if script.text else []}
    message |= {"reasoning_content": script.thought} if script.thoughts else {}
    message |= {"tool_calls": dashscope_calls(script)} if script.calls else {}
    return as_json(dashscope_answer("tool_calls" if script.calls else "stop", **message))


def dashscope_stream(script: Script) -> Body:
    frames = [dashscope_answer("null", reasoning_content=piece) for piece in script.thoughts]
    frames += [dashscope_answer("null", content=[{"text": piece}]) for piece in script.text]
    frames += [dashscope_answer("null", tool_calls=[call]) for call in dashscope_calls(script)]
    if script.breaks:
        error = ("error", {"code": "InternalError.Algo", "message": BROKEN, "request_id": "d1"})
        return as_events(("result", frames[0]), error, named=True)
    frames.append(dashscope_answer("tool_calls" if script.calls else "stop"))
    return as_events(*(("result", frame) for frame in frames), named=True)


def dashscope(_: str) -> Platform:
    fail = as_json({"code": "Throttling.RateQuota", "message": REFUSED, "request_id": "d1"}, 429)
    tells = frozenset({"thoughts", "cached", "reasoning"})
    return Platform(dashscope_whole, dashscope_stream, fail, lambda _path, body: dashscope_asks(body), tells)


def dashscope_asks(body: Json) -> bool:
    return bool(body.get("parameters", {}).get("incremental_output"))


# --- Coze, bots and workflows ------------------------------------------------------------------------------

COZE_USAGE = {"token_count": PROMPT + OUTPUT, "output_count": OUTPUT, "input_count": PROMPT}


def coze_stream(script: Script) -> Body:
    base = {"id": "c1", "conversation_id": "v1", "bot_id": "up", "created_at": 1_700_000_000}
    frames: list[tuple[str, Any]] = [("conversation.chat.created", {**base, "status": "created"})]
    told = [{"reasoning_content": piece, "content": ""} for piece in script.thoughts]
    told += [{"content": piece} for piece in script.text]
    message = {
        "id": "m1",
        "conversation_id": "v1",
        "role": "assistant",
        "type": "answer",
        "content_type": "text",
    }
    frames += [("conversation.message.delta", {**message, **piece}) for piece in told]
    if script.breaks:
        return as_events(*frames[:2], ("error", {"code": 5000, "msg": BROKEN}), named=True)
    end = {**base, "status": "completed", "usage": COZE_USAGE}
    return as_events(*frames, ("conversation.chat.completed", end), ("done", '"[DONE]"'), named=True)


def coze(_: str) -> Platform:
    fail = as_json({"code": 4013, "msg": REFUSED})
    return Platform(coze_stream, coze_stream, fail, body_streams, frozenset({"thoughts"}))


def workflow_stream(script: Script) -> Body:
    base = {"node_title": "Say", "content_type": "text", "node_is_finish": False}
    pieces = [("Message", {**base, "content": piece}) for piece in script.text]
    if script.breaks:
        return as_events(pieces[0], ("Error", {"error_code": 5000, "error_message": BROKEN}), named=True)
    end = {"content": json.dumps({"output": script.said}), "node_title": "End", "node_is_finish": True}
    return as_events(*pieces, ("Message", {**end, "usage": COZE_USAGE}), ("Done", {}), named=True)


def coze_workflow(_: str) -> Platform:
    fail = as_json({"code": 4013, "msg": REFUSED})
    return Platform(workflow_stream, workflow_stream, fail, lambda _path, _body: True)


# --- Dify --------------------------------------------------------------------------------------------------


def dify_stream(script: Script) -> Body:
    ids = {"message_id": "m1", "conversation_id": "v1", "task_id": "t1", "created_at": 1_700_000_000}
    frames: list[Json] = [
        {"event": "reasoning_chunk", "data": {"reasoning": piece}} for piece in script.thoughts
    ]
    frames += [{"event": "message", **ids, "answer": piece} for piece in script.text]
    if script.breaks:
        return as_events(
            frames[0], {"event": "error", "status": 500, "code": "internal_server_error", "message": BROKEN}
        )
    usage = {"prompt_tokens": PROMPT, "completion_tokens": OUTPUT, "total_tokens": PROMPT + OUTPUT}
    return as_events(*frames, {"event": "message_end", **ids, "metadata": {"usage": usage}})


def dify(_: str) -> Platform:
    fail = as_json({"code": "too_many_requests", "message": REFUSED, "status": 429}, 429)
    return Platform(dify_stream, dify_stream, fail, lambda _path, _body: True, frozenset({"thoughts"}))


# --- Replicate ---------------------------------------------------------------------------------------------


def replicate_whole(script: Script) -> Body:
    metrics = {"input_token_count": PROMPT, "output_token_count": OUTPUT, "predict_time": 0.1}
    urls = {"stream": "https://replicate.test/live/p1"}
    done = {"id": "p1", "model": "up", "status": "succeeded", "output": list(script.text), "metrics": metrics}
    return as_json({**done, "urls": urls}, 201)


def replicate_stream(script: Script) -> Body:
    frames = [("output", piece) for piece in script.text]
    if script.breaks:
        return as_events(frames[0], ("error", json.dumps({"detail": BROKEN})), named=True)
    return as_events(*frames, ("done", "{}"), named=True)


def replicate(_: str) -> Platform:
    fail = as_json({"title": "Too many requests", "detail": REFUSED, "status": 429}, 429)
    return Platform(replicate_whole, replicate_stream, fail, lambda path, _body: path.startswith("/live/"))
