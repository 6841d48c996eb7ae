"""What a recorded answer says, read by hand: one plain function for each API, none of the engine's code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Choice:
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[list[Any]] = field(default_factory=list)  # [id or None, name, arguments as text]
    finish: str | None = None

    def settled(self) -> Choice:
        """With the finish that a client of the engine sees."""
        if self.calls and self.finish in (None, "stop"):
            self.finish = "tool_calls"
        for call in self.calls:
            call[2] = call[2] or "{}"
        return self


@dataclass(slots=True)
class Answer:
    """`usage`: prompt, completion, cached, reasoning; what the platform did not say is missing."""

    choices: dict[int, Choice] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    model: str | None = None
    error: str | None = None

    def choice(self, index: int | None = 0) -> Choice:
        return self.choices.setdefault(index or 0, Choice())

    def settled(self) -> Answer:
        for choice in self.choices.values():
            choice.settled()
        return self


def sse(text: str) -> Iterator[tuple[str | None, str]]:
    """(event name, data) of each event."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        name, data = None, []
        for line in block.split("\n"):
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if key == "event":
                name = value
            elif key == "data":
                data.append(value)
        if data:
            yield name, "\n".join(data)


def frames(record: Json) -> list[tuple[str | None, Any]]:
    """The frames of a streamed answer; a whole answer is one frame."""
    response = record["response"]
    if response["encoding"] == "sse":
        raw = [(name, data) for name, data in sse(response["body_text"]) if data != "[DONE]"]
        return [(name, json.loads(data)) for name, data in raw]
    if response["encoding"] == "ndjson":
        return [(None, json.loads(line)) for line in response["body_text"].splitlines() if line.strip()]
    body = response.get("body")
    return [(None, item) for item in body] if isinstance(body, list) else [(None, body)]


# --- OpenAI chat and those that speak it ----------------------------------------------------------------

OPENAI_FINISH = {"function_call": "tool_calls"}


def openai(record: Json) -> Answer:
    answer = Answer()
    for _, chunk in frames(record):
        answer.model = answer.model or chunk.get("model")
        if chunk.get("error"):
            answer.error = chunk["error"]["message"]
        for item in chunk.get("choices", []):
            openai_choice(answer.choice(item.get("index")), item)
        openai_usage(answer, chunk.get("usage") or {})
    return answer


def openai_choice(choice: Choice, item: Json) -> None:
    message = item.get("delta") or item.get("message") or {}
    choice.text += message.get("content") or ""
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
        "cached": (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0,
        "reasoning": (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0,
    }


# --- Anthropic messages -----------------------------------------------------------------------------------

ANTHROPIC_FINISH = {
    "end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "max_tokens": "length",
    "model_context_window_exceeded": "length", "tool_use": "tool_calls", "refusal": "content_filter",
}  # fmt: skip


def anthropic(record: Json) -> Answer:
    answer, usage, blocks = Answer(), {}, {}
    choice = answer.choice()
    for name, data in frames(record):
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


READERS: dict[str, Callable[[Json], Answer]] = {
    "openai": openai,
    "azure-openai": openai,
    "anthropic": anthropic,
    "gemini": gemini,
    "coze": coze,
    "ollama": ollama,
}
