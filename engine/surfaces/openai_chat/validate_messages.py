"""What a message may hold: one table of roles, one of content parts."""

from __future__ import annotations

from typing import Any

from engine.surfaces.openai_chat.checks import Check, array, filled_string, shape, string, variants
from engine.surfaces.openai_chat.data_urls import is_address
from engine.surfaces.openai_chat.refusals import unknown_value, wrong_value


def address(value: Any) -> None:
    filled_string(value)
    if not is_address(value):
        wrong_value("a URL or a base64-encoded data URL")


has_file_id = shape({"file_id": string})
file_fields = shape({}, {"file_id": filled_string, "file_data": filled_string, "filename": string})


def file(value: Any) -> None:
    file_fields(value)
    if not (value.get("file_data") or value.get("file_url")):
        has_file_id(value)


PARTS: dict[str, Check] = {
    "text": string,
    "image_url": shape({"url": address}, {"detail": string}),
    "input_audio": shape({"data": filled_string, "format": filled_string}),
    "file": file,
    "refusal": string,
}


def part_type(value: Any) -> None:
    string(value)
    if value not in PARTS:
        unknown_value(value, PARTS)


has_part_type = shape({"type": part_type})
CONTENTS = {kind: shape({kind: check}) for kind, check in PARTS.items()}


def part(value: Any) -> None:
    """A part holds its content under the name of its type; types that are unknown here may do so too."""
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind in CONTENTS:
        CONTENTS[kind](value)
    elif not isinstance(kind, str) or value.get(kind) is None:
        has_part_type(value)


parts = array(part, "a string or an array of objects")


def content(value: Any) -> None:
    if not isinstance(value, str):
        parts(value)


function_call = shape({"name": filled_string}, {"arguments": string})
function_tool_call = shape({"id": filled_string, "function": function_call})
custom_tool_call = shape({"id": filled_string, "custom": shape({"name": filled_string}, {"input": string})})


def tool_call(value: Any) -> None:
    if isinstance(value, dict) and "custom" in value:
        custom_tool_call(value)
    else:
        function_tool_call(value)


ASSISTANT: dict[str, Check] = {
    "content": content,
    "tool_calls": array(tool_call, "an array of objects"),
    "function_call": function_call,
    "refusal": string,
    "reasoning_content": string,
    "audio": shape({"id": filled_string}),
    "name": string,
}

plain = shape({"content": content}, {"name": string})

any_message = variants(
    "role",
    {
        "system": plain,
        "developer": plain,
        "user": plain,
        "assistant": shape({}, ASSISTANT),
        "tool": shape({"content": content, "tool_call_id": filled_string}, {"name": string}),
        "function": shape({"name": filled_string}, {"content": content}),
    },
)

TEXT_ROLES = ("user", "assistant", "system", "developer")
# What reading a field raises where there is none, or no object.
UNREADABLE = (KeyError, TypeError)


def uncommon_messages(messages: list[Any]) -> list[Any]:
    """All but those that are a text, a list of texts, calls of functions, or a result, and right.

    What is left out here `any_message` would accept, too; it takes many times as long.
    """
    uncommon = []
    for message in messages:
        try:
            role, content = message["role"], message["content"]
            if len(message) == 2:
                if role in TEXT_ROLES and (
                    content.__class__ is str or (content.__class__ is list and all_texts(content))
                ):
                    continue
            elif len(message) == 3 and (content.__class__ is str or content is None):
                if role == "assistant":
                    if all_functions(message["tool_calls"]):
                        continue
                elif role == "tool" and content is not None:
                    answered = message["tool_call_id"]
                    if answered.__class__ is str and answered:
                        continue
        except UNREADABLE:
            pass
        uncommon.append(message)
    return uncommon


def all_texts(parts: list[Any]) -> bool:
    """Raises what is UNREADABLE."""
    for part in parts:
        text = part["text"]
        if part["type"] != "text" or text.__class__ is not str:
            return False
    return True


def all_functions(calls: Any) -> bool:
    """Raises what is UNREADABLE."""
    if calls.__class__ is not list:
        return False
    for call in calls:
        id, function = call["id"], call["function"]
        name = function["name"]
        if id.__class__ is not str or name.__class__ is not str or not (id and name):
            return False
        if function["arguments"].__class__ is not str or "custom" in call:
            return False
    return True
