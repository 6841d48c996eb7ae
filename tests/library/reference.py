"""What a recorded answer says, read by hand: one plain function for each API, none of the engine's code."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any

from .responses import responses
from .told import Answer, Choice, Json, frames, sse

__all__ = ["READERS", "Answer", "frames", "sse"]

# --- OpenAI chat and those that speak it ----------------------------------------------------------------

OPENAI_FINISH = {
    "function_call": "tool_calls", "eos": "stop", "eos_token": "stop", "stop_sequence": "stop",
    "model_length": "length", "sensitive": "content_filter", "normal": "stop",
}  # fmt: skip


def openai(record: Json) -> Answer:
    answer = Answer()
    for _, chunk in frames(record):
        answer.model = answer.model or chunk.get("model")
        if chunk.get("error"):
            answer.error = chunk["error"]["message"]
        for item in chunk.get("choices", []):
            whole = chunk.get("object") == "chat.completion" and item.get("message")
            message = whole or item.get("delta") or item.get("message") or {}
            openai_choice(answer.choice(item.get("index")), item, message)
            openai_usage(answer, item.get("usage") or {})
        openai_usage(answer, chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage") or {})
    return answer


def reasoning_apart(record: Json) -> Answer:
    """Where reasoning is not counted in the completion."""
    answer = openai(record)
    answer.usage["completion"] += answer.usage["reasoning"]
    return answer


def openai_choice(choice: Choice, item: Json, message: Json) -> None:
    content = message.get("content") or ""
    for part in [{"text": content}] if isinstance(content, str) else content:
        choice.text += part.get("text") or ""
        choice.reasoning += "".join(thought["text"] for thought in part.get("thinking") or [])
    choice.reasoning += message.get("reasoning_content") or message.get("reasoning") or ""
    choice.refusal += message.get("refusal") or ""
    for call in message.get("tool_calls") or []:
        body = call.get("function") or call.get("custom") or {}
        if call.get("index", len(choice.calls)) >= len(choice.calls):
            choice.calls.append([call.get("id"), body.get("name"), ""])
        position = call.get("index", len(choice.calls) - 1)
        choice.calls[position][2] += body.get("arguments") or body.get("input") or ""
    if message.get("function_call"):
        if not choice.calls:
            choice.calls.append([None, message["function_call"].get("name"), ""])
        choice.calls[0][2] += message["function_call"].get("arguments") or ""
    finish = item.get("finish_reason")
    if finish:
        choice.finish = OPENAI_FINISH.get(finish, finish)


def openai_usage(answer: Answer, usage: Json) -> None:
    if not usage:
        return
    answer.usage = {
        "prompt": usage["prompt_tokens"],
        "completion": usage.get("completion_tokens", 0),
        "cached": cached(usage),
        "reasoning": (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0,
    }


def cached(usage: Json) -> int:
    details = usage.get("prompt_tokens_details") or {}
    found = details.get("cached_tokens") or usage.get("cached_tokens") or usage.get("num_cached_tokens")
    return int(found or usage.get("prompt_cache_hit_tokens") or 0)


# --- Anthropic messages -----------------------------------------------------------------------------------

ANTHROPIC_FINISH = {
    "end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "max_tokens": "length",
    "model_context_window_exceeded": "length", "tool_use": "tool_calls", "refusal": "content_filter",
}  # fmt: skip


def bedrock_invoke(record: Json) -> Answer:
    """Anthropic's events, each packed in another."""
    return anthropic_of(
        (name, json.loads(b64decode(data["bytes"])) if "bytes" in data else data)
        for name, data in frames(record)
    )


def anthropic(record: Json) -> Answer:
    return anthropic_of(frames(record))


def anthropic_of(told: Iterable[tuple[str | None, Json]]) -> Answer:
    answer, usage, blocks = Answer(), {}, {}
    choice = answer.choice()
    for name, data in told:
        if name is None:
            data = {"type": "whole", "message": data}
        message = data.get("message") or {}
        answer.model = answer.model or message.get("model")
        usage.update(message.get("usage") or {})
        for index, block in enumerate(message.get("content") or []):
            blocks[index] = dict(block, json=json.dumps(block.get("input")))
        choice.finish = ANTHROPIC_FINISH.get(message.get("stop_reason"), choice.finish)
        if data["type"] == "content_block_start":
            blocks[data["index"]] = dict(data["content_block"], json="")
        elif data["type"] == "content_block_delta":
            anthropic_delta(blocks[data["index"]], data["delta"])
        elif data["type"] == "message_delta":
            usage.update(data["usage"])
            choice.finish = ANTHROPIC_FINISH[data["delta"]["stop_reason"]]
    for block in blocks.values():
        choice.text += block.get("text") or "" if block["type"] == "text" else ""
        choice.reasoning += block.get("thinking") or "" if block["type"] == "thinking" else ""
        if block["type"] == "tool_use":
            choice.calls.append([block["id"], block["name"], block["json"]])
    cached, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    answer.usage = {
        "prompt": usage["input_tokens"] + cached + written,
        "completion": usage["output_tokens"],
        "cached": cached,
        "reasoning": (usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
    }
    return answer


def anthropic_delta(block: Json, delta: Json) -> None:
    for source, target in (("text", "text"), ("thinking", "thinking"), ("partial_json", "json")):
        block[target] = (block.get(target) or "") + (delta.get(source) or "")


# --- Gemini and Vertex ------------------------------------------------------------------------------------

GEMINI_FINISH = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}


def gemini(record: Json) -> Answer:
    answer, pending = Answer(), []
    for _, chunk in frames(record):
        answer.model = answer.model or chunk.get("modelVersion")
        if (chunk.get("promptFeedback") or {}).get("blockReason"):
            answer.choice().finish = "content_filter"
        for candidate in chunk.get("candidates", []):
            choice = answer.choice(candidate.get("index"))
            for part in (candidate.get("content") or {}).get("parts", []):
                gemini_part(choice, part, pending)
            if candidate.get("finishReason"):
                choice.finish = GEMINI_FINISH.get(candidate["finishReason"], "stop")
        usage = chunk.get("usageMetadata") or {}
        if "totalTokenCount" in usage:
            thoughts = usage.get("thoughtsTokenCount", 0)
            answer.usage = {
                "prompt": usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0),
                "completion": usage.get("candidatesTokenCount", 0) + thoughts,
                "cached": usage.get("cachedContentTokenCount", 0),
                "reasoning": thoughts,
            }
    return answer


def gemini_part(choice: Choice, part: Json, pending: list[Any]) -> None:
    """`pending`: the call whose arguments come in pieces, [name, arguments]."""
    call = part.get("functionCall")
    if call is None:
        target = "reasoning" if part.get("thought") else "text"
        setattr(choice, target, getattr(choice, target) + part.get("text", ""))
    elif call.get("name") and not call.get("willContinue"):
        choice.calls.append([call.get("id"), call["name"], json.dumps(call.get("args", {}))])
    elif call.get("name"):
        pending[:] = [call["name"], {}]
    else:
        for piece in call.get("partialArgs", []):
            key = piece["jsonPath"].removeprefix("$.")
            pending[1][key] = pending[1].get(key, "") + piece["stringValue"]
        if not call.get("willContinue"):
            choice.calls.append([None, pending[0], json.dumps(pending[1])])


# --- Coze v3 ----------------------------------------------------------------------------------------------


def coze(record: Json) -> Answer:
    answer = Answer()
    choice = answer.choice()
    for name, data in frames(record):
        if name == "conversation.message.delta" and data["type"] == "answer":
            choice.text += data["content"]
            choice.reasoning += data.get("reasoning_content") or ""
        elif name == "conversation.chat.completed":
            choice.finish = "stop"
            usage = data["usage"]
            answer.usage = {"prompt": usage["input_count"], "completion": usage["output_count"]}
        elif name == "conversation.chat.failed":
            answer.error = data["last_error"]["msg"]
        elif name == "error":
            answer.error = data.get("msg", "")
    return answer


# --- Ollama -----------------------------------------------------------------------------------------------


def ollama(record: Json) -> Answer:
    answer = Answer()
    choice = answer.choice()
    for _, line in frames(record):
        answer.model = answer.model or line.get("model")
        message = line.get("message") or {}
        choice.text += message.get("content") or ""
        choice.reasoning += message.get("thinking") or ""
        for call in message.get("tool_calls") or []:
            function = call["function"]
            choice.calls.append([call.get("id"), function["name"], json.dumps(function["arguments"])])
        if line.get("done"):
            choice.finish = {"length": "length"}.get(line.get("done_reason"), "stop")
            answer.usage = {"completion": line["eval_count"]}
            if "prompt_eval_count" in line:
                answer.usage["prompt"] = line["prompt_eval_count"]
    return answer


# --- Cohere ---------------------------------------------------------------------------------------------

COHERE_FINISH = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
}


def cohere(record: Json) -> Answer:
    """What it says before it calls, its plan, is text."""
    answer = Answer()
    choice = answer.choice()
    for _, event in frames(record):
        delta = event.get("delta") or ({} if "type" in event else event)
        message = delta.get("message") or {}
        content, calls = message.get("content") or [], message.get("tool_calls") or []
        choice.text += message.get("tool_plan") or ""
        for part in [content] if isinstance(content, dict) else content:
            choice.text += part.get("text") or ""
            choice.reasoning += part.get("thinking") or ""
        for call in [calls] if isinstance(calls, dict) else calls:
            if "id" in call:
                choice.calls.append([call["id"], call["function"]["name"], ""])
            arguments = call["function"].get("arguments") or ""
            choice.calls[-1][2] += "" if arguments == "null" else arguments
        if delta.get("error"):
            answer.error = delta["error"]
        if delta.get("finish_reason"):
            choice.finish = COHERE_FINISH.get(delta["finish_reason"])
            cohere_usage(answer, delta.get("usage") or {})
    return answer


def cohere_usage(answer: Answer, usage: Json) -> None:
    tokens = usage.get("tokens") or {}
    if tokens:
        answer.usage = {
            "prompt": int(tokens["input_tokens"]),
            "completion": int(tokens["output_tokens"]),
            "cached": int(usage.get("cached_tokens") or 0),
            "reasoning": int(tokens.get("reasoning_tokens") or 0),
        }


# --- DashScope ------------------------------------------------------------------------------------------


def dashscope(record: Json) -> Answer:
    """The answer is OpenAI's inside `output`, or a bare text that every event has from its beginning."""
    answer = Answer()
    for _, chunk in frames(record):
        output = chunk["output"]
        if "text" in output:
            answer.choice().text = output["text"]
            output = {"choices": [{"message": {}, "finish_reason": output["finish_reason"]}]}
        for item in output["choices"]:
            finish = None if item["finish_reason"] == "null" else item["finish_reason"]
            openai_choice(answer.choice(item.get("index")), {"finish_reason": finish}, item["message"])
        usage = chunk["usage"]
        answer.usage = {
            "prompt": usage["input_tokens"],
            "completion": usage["output_tokens"],
            "cached": cached(usage),
            "reasoning": 0,
        }
    return answer


# --- Coze workflows -------------------------------------------------------------------------------------


def workflow(record: Json) -> Answer:
    """What nodes say, up to the first error; a chatflow speaks as a bot does."""
    answer = Answer()
    for name, data in frames(record):
        if name == "Message" and data["node_title"]:
            answer.choice().text += data["content"]
        elif name == "Error":
            answer.error = data["error_message"]
    return answer if answer.choices else coze(record)


# --- Replicate ------------------------------------------------------------------------------------------


def replicate(record: Json) -> Answer:
    answer = Answer()
    choice = answer.choice()
    for name, text in sse(record["response"]["body_text"]):
        if name == "output":
            choice.text += text
    choice.finish = "stop"
    return answer


# --- Bedrock Converse -----------------------------------------------------------------------------------

BEDROCK_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "guardrail_intervened": "content_filter",
}


def bedrock(record: Json) -> Answer:
    answer, blocks = Answer(), {}
    choice = answer.choice()
    for name, data in frames(record):
        for index, block in enumerate(((data.get("output") or {}).get("message") or {}).get("content") or []):
            blocks[index] = bedrock_block(block)
        if name == "contentBlockStart":
            blocks[data["contentBlockIndex"]] = bedrock_block(data["start"], "")
        elif name == "contentBlockDelta":
            block = blocks.setdefault(data["contentBlockIndex"], bedrock_block({}))
            for key, text in bedrock_block(
                data["delta"], data["delta"].get("toolUse", {}).get("input")
            ).items():
                block[key] = (
                    (block[key] or "") + text if key in ("text", "thought", "input") and text else block[key]
                )
        if "stopReason" in data:
            choice.finish = BEDROCK_FINISH[data["stopReason"]]
        if "usage" in data:
            usage = data["usage"]
            cached = usage.get("cacheReadInputTokens", 0)
            answer.usage = {
                "prompt": usage["inputTokens"] + cached + usage.get("cacheWriteInputTokens", 0),
                "completion": usage["outputTokens"],
                "cached": cached,
                "reasoning": 0,
            }
    for _, block in sorted(blocks.items()):
        choice.text += block["text"]
        choice.reasoning += block["thought"]
        if block["call"] and block["call"].get("type") != "server_tool_use":
            choice.calls.append([block["call"]["toolUseId"], block["call"]["name"], block["input"]])
    return answer


def bedrock_block(block: Json, given: str | None = None) -> Json:
    """What a block says; `given`: the piece of a call's input, else it is whole."""
    call = block.get("toolUse")
    cited = "".join(item["text"] for item in (block.get("citationsContent") or {}).get("content", []))
    thought = block.get("reasoningContent") or {}
    return {
        "text": block.get("text") or cited,
        "thought": thought.get("text") or (thought.get("reasoningText") or {}).get("text") or "",
        "call": call,
        "input": given if given is not None else json.dumps(call["input"]) if call else "",
    }


READERS: dict[str, Callable[[Json], Answer]] = {
    "openai": openai,
    "azure-openai": openai,
    "anthropic": anthropic,
    "gemini": gemini,
    "vertex": gemini,
    "coze": coze,
    "ollama": ollama,
    "mistral": openai,
    "deepseek": openai,
    "groq": openai,
    "openrouter": openai,
    "xai": reasoning_apart,
    "together": openai,
    "perplexity": openai,
    "cerebras": openai,
    "cohere": cohere,
    "moonshot": openai,
    "zhipu": openai,
    "dashscope-openai": openai,
    "huggingface": openai,
    "dashscope": dashscope,
    "coze-workflow": workflow,
    "replicate": replicate,
    "bedrock": bedrock,
    "bedrock-invoke": bedrock_invoke,
    "openai-responses": responses,
}
