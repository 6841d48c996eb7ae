"""What a recorded answer of the Responses API says, and a rendered request: read by hand, none of the engine's code."""

from __future__ import annotations

import json
from typing import Any

from .said import Said, Turn
from .told import Answer, Choice, Json, frames

CALLS = {"function_call": "arguments", "custom_tool_call": "input"}


def responses(record: Json) -> Answer:
    """A stream ends with the whole of what it said."""
    answer, whole = Answer(), None
    for name, data in frames(record):
        kind = name or data.get("type")
        if data.get("object") == "response":
            whole = data
        elif kind in ("response.completed", "response.incomplete"):
            whole = data["response"]
        elif kind == "response.failed":
            answer.error = data["response"]["error"]["message"]
        elif kind == "error":
            answer.error = (data.get("error") or data)["message"]
    if whole is None:
        return answer
    answer.model = whole["model"]
    choice = answer.choice()
    for item in whole["output"]:
        add(choice, item)
    reason = (whole.get("incomplete_details") or {}).get("reason")
    choice.finish = {"max_output_tokens": "length", "content_filter": "content_filter"}.get(reason, "stop")
    usage = whole["usage"]
    answer.usage = {
        "prompt": usage["input_tokens"],
        "completion": usage["output_tokens"],
        "cached": (usage.get("input_tokens_details") or {}).get("cached_tokens") or 0,
        "reasoning": (usage.get("output_tokens_details") or {}).get("reasoning_tokens") or 0,
    }
    return answer


def add(choice: Choice, item: Json) -> None:
    kind = item["type"]
    if kind == "message":
        choice.text += "".join(part.get("text") or "" for part in item["content"])
        choice.refusal += "".join(part.get("refusal") or "" for part in item["content"])
    elif kind == "reasoning":
        summary = [part["text"] for part in item.get("summary") or []]
        content = [part["text"] for part in item.get("content") or []]
        choice.reasoning += "\n\n".join(summary) or "".join(content)
    elif kind in CALLS:
        choice.calls.append([item["call_id"], item["name"], item[CALLS[kind]]])


# --- requests -------------------------------------------------------------------------------------------


def asked(body: Json) -> Said:
    said = Said(system=[body["instructions"]] if "instructions" in body else [])
    for item in body["input"]:
        kind, role = item.get("type"), item.get("role")
        if role in ("system", "developer"):
            said.system.append(item["content"])
        elif role:
            shown(said.turn(role), item["content"])
        elif kind in CALLS:
            said.turn("assistant").calls.append((item["call_id"], item["name"], loaded(item[CALLS[kind]])))
        elif kind in ("function_call_output", "custom_tool_call_output"):
            said.turn("user").results.append((item["call_id"], item["output"]))
    for tool in body.get("tools") or []:
        if tool["type"] == "function":
            said.tools[tool["name"]] = (tool.get("description"), tool["parameters"])
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        said.choice = ("tool", choice["name"])
    elif choice:
        said.choice = (choice, None)
    said.settings = {
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "max_tokens": body.get("max_output_tokens"),
        "user": body.get("user"),
        "effort": (body.get("reasoning") or {}).get("effort"),
    }
    form = (body.get("text") or {}).get("format") or {}
    said.json, said.schema = form.get("type") == "json_object", form.get("schema")
    return said


def shown(turn: Turn, content: Any) -> None:
    for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        if "text" in part or "refusal" in part:
            turn.texts.append(part.get("text") or part["refusal"])
        elif part["type"] == "input_audio":
            turn.media.append(part["input_audio"]["data"])
        else:
            found = part.get("image_url") or part.get("file_data") or part.get("file_id") or part["file_url"]
            turn.media.append(found.rpartition("base64,")[2])


def loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
