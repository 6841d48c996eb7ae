"""The requests of the suite: chat bodies of 1 kB, 30 kB and 1 MB with an order in their last message."""

from __future__ import annotations

import json
from typing import Any

from engine.bench.order import Order

PATH = "/v1/chat/completions"

Json = dict[str, Any]


def body(size: str, model: str, order: Order, *, stream: bool = False) -> bytes:
    """`size` is a key of `SIZES`. The text of a JSON body, as clients send it."""
    given: Json = {"model": model, **SIZES[size](str(order))}
    if stream:
        given |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(given, separators=(",", ":")).encode()


def small(last: str) -> Json:
    """About 1 kB: 4 messages, 1 tool."""
    return {
        "temperature": 0.7, "max_tokens": 512, "user": "u-1",
        "tools": [_tool(0)],
        "messages": [
            {"role": "system", "content": "You are a kind assistant who answers in one sentence." * 2},
            {"role": "user", "content": "What is the weather like in Paris today, and is a coat needed?"},
            {"role": "assistant", "content": "It is 18 degrees and sunny in Paris; a light jacket will do."},
            {"role": "user", "content": f"And tomorrow? {last}"},
        ],
    }  # fmt: skip


def large(last: str) -> Json:
    """About 30 kB: 61 messages with tool calls and results, 20 tools."""
    messages: list[Json] = [{"role": "system", "content": "You are kind. " * 40}]
    for number in range(15):
        call = {"id": f"c{number}", "type": "function"}
        call["function"] = {"name": f"get_weather_{number}", "arguments": '{"city": "Paris", "days": 3}'}  # type: ignore[assignment]
        question = [{"type": "text", "text": f"Question {number}: " + "what now? " * 30}]
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": "Let me look. " * 10, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": "18 degrees and sunny. " * 20},
            {"role": "assistant", "content": "It is 18 degrees and sunny in Paris. " * 10},
        ]
    messages[-1] = {"role": "user", "content": f"And tomorrow? {last}"}
    tools = [_tool(number) for number in range(20)]
    return {"temperature": 0.7, "max_tokens": 512, "tools": tools, "messages": messages}


def huge(last: str) -> Json:
    """About 1 MB: a long document of ordinary text in the conversation of 1 kB."""
    given = small(last)
    line = 'Chapter 7. The harbour was empty, "as it had been all week", and the wind came from the sea.\n'
    given["messages"].insert(1, {"role": "user", "content": line * 10_500})
    return given


def _tool(number: int) -> Json:
    properties = {"city": {"type": "string", "description": "the city"}, "days": {"type": "integer"}}
    parameters = {"type": "object", "properties": properties, "required": ["city"]}
    function = {"name": f"get_weather_{number}", "description": "The weather. " * 5, "parameters": parameters}
    return {"type": "function", "function": function}


SIZES = {"1 kB": small, "30 kB": large, "1 MB": huge}
