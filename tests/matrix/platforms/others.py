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
    SOURCE,
    TITLE,
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
    lines: list[Json] = [{"thinking": piece} for piece in script.thoughts]
    lines += [{"content": piece} for piece in script.text]
    lines += [
        {"tool_calls": [{"function": {"name": c.name, "arguments": dict(c.given)}}]} for c in script.calls
    ]
    told: list[Json] = [
        {"model": "up", "message": {"role": "assistant", "content": "", **line}, "done": False}
        for line in lines
    ]
    for line, token in zip(told[len(script.thoughts) :], script.tokens, strict=False):
        line["logprobs"] = [token]
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
    logs = {"logprobs": script.tokens} if script.logged else {}
    return as_json({**ollama_lines(script)[-1], "message": message, **logs})


def ollama_stream(script: Script) -> Body:
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in ollama_lines(script)]
    return Body(200, "application/x-ndjson", "".join(lines).encode())


def ollama(_: str) -> Platform:
    fail = as_json({"error": REFUSED}, 429)
    return Platform(ollama_whole, ollama_stream, fail, body_streams, frozenset({"thoughts", "logprobs"}))


# --- Cohere ------------------------------------------------------------------------------------------------

COHERE_USAGE = {
    "billed_units": {"input_tokens": PROMPT, "output_tokens": OUTPUT},
    "tokens": {"input_tokens": PROMPT, "output_tokens": OUTPUT},
    "cached_tokens": CACHED,
}


COHERE_NOTE = {
    "start": 0,
    "end": 9,
    "text": "Am Rhein,",
    "sources": [{"type": "document", "id": "d1", "document": {"id": "d1", "title": TITLE, "url": SOURCE}}],
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
    message |= {"citations": [COHERE_NOTE]} if script.cites else {}
    logs = {"logprobs": [cohere_log(*log) for log in script.logs]} if script.logged else {}
    end = {"finish_reason": cohere_finish(script), "usage": COHERE_USAGE}
    return as_json({"id": "c1", "message": message, **end, **logs})


def cohere_log(token: str, logprob: float) -> Json:
    return {"text": token, "token_ids": [7], "logprobs": [logprob]}


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
    told = [frame for frame in frames if frame["type"] == "content-delta"][len(script.thoughts) :]
    for frame, log in zip(told, script.logs, strict=False):
        frame["logprobs"] = cohere_log(*log)
    if script.cites:
        frames.append(
            {"type": "citation-start", "index": 0, "delta": {"message": {"citations": COHERE_NOTE}}}
        )
        frames.append({"type": "citation-end", "index": 0})
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
    tells = frozenset({"thoughts", "cached", "citations", "logprobs"})
    return Platform(cohere_whole, cohere_stream, fail, body_streams, tells)


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


def dashscope_searched(answer: Json, script: Script) -> Json:
    sources = [{"index": 1, "url": SOURCE, "title": TITLE, "site_name": "Rhein"}]
    answer["output"] |= {"search_info": {"search_results": sources}} if script.cites else {}
    return answer


def dashscope_calls(script: Script) -> list[Json]:
    return [
        {"index": i, "id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}}
        for i, c in enumerate(script.calls)
    ]


def dashscope_whole(script: Script) -> Body:
    message: Json = {"content": [{"text": script.said}] if script.text else []}
    message |= {"reasoning_content": script.thought} if script.thoughts else {}
    message |= {"tool_calls": dashscope_calls(script)} if script.calls else {}
    answer = dashscope_answer("tool_calls" if script.calls else "stop", **message)
    answer["output"]["choices"][0] |= {"logprobs": {"content": script.tokens}} if script.logged else {}
    answer["output"]["choices"] += [
        {
            "index": index,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": [{"text": said}]},
        }
        for index, said in enumerate(script.others, 1)
    ]
    return as_json(dashscope_searched(answer, script))


def dashscope_stream(script: Script) -> Body:
    frames = [dashscope_answer("null", reasoning_content=piece) for piece in script.thoughts]
    said = [dashscope_answer("null", content=[{"text": piece}]) for piece in script.text]
    for frame, token in zip(said, script.tokens, strict=False):
        frame["output"]["choices"][0]["logprobs"] = {"content": [token]}
    frames += said
    frames += [dashscope_answer("null", tool_calls=[call]) for call in dashscope_calls(script)]
    if script.breaks:
        error = ("error", {"code": "InternalError.Algo", "message": BROKEN, "request_id": "d1"})
        return as_events(("result", frames[0]), error, named=True)
    for index, text in enumerate(script.others, 1):
        other = dashscope_answer("stop", content=[{"text": text}])
        other["output"]["choices"][0]["index"] = index
        frames.append(other)
    frames.append(dashscope_searched(dashscope_answer("tool_calls" if script.calls else "stop"), script))
    return as_events(*(("result", frame) for frame in frames), named=True)


def dashscope(_: str) -> Platform:
    fail = as_json({"code": "Throttling.RateQuota", "message": REFUSED, "request_id": "d1"}, 429)
    tells = frozenset({"thoughts", "cached", "reasoning", "citations", "logprobs", "candidates"})
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
