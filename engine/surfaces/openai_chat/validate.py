"""What a body may hold. Strict about the types of the fields it knows; those it does not know pass."""

from __future__ import annotations

from typing import Any

from engine.errors import RequestRefused
from engine.surfaces.openai_chat.checks import (
    Check,
    array,
    boolean,
    filled_string,
    integer,
    number,
    object_,
    shape,
    string,
    string_or_strings,
    variants,
    words,
)
from engine.surfaces.openai_chat.refusals import Wrong, empty, missing, wrong_type
from engine.surfaces.openai_chat.validate_messages import UNREADABLE, any_message, uncommon_messages

function = shape({"name": filled_string}, {"description": string, "parameters": object_, "strict": boolean})
named = shape({"name": filled_string})

function_tool = shape({"function": function})
TOOL_TYPES: dict[str, Check] = {
    "function": function_tool,
    "custom": shape({"custom": shape({"name": filled_string}, {"description": string, "format": object_})}),
}
typed = shape({"type": filled_string})


def uncommon_tools(tools: list[Any]) -> list[Any]:
    """All but functions that are right, as nearly all are; a shorter way to what `tool` says."""
    uncommon = []
    for tool in tools:
        try:
            function = tool["function"]
            name = function["name"]
            if tool["type"] == "function" and name.__class__ is str and name and "strict" not in function:
                description, parameters = function.get("description"), function.get("parameters")
                if (description.__class__ is str or description is None) and (
                    parameters.__class__ is dict or parameters is None
                ):
                    continue
        except UNREADABLE:
            pass
        uncommon.append(tool)
    return uncommon


def tool(value: Any) -> None:
    """A function, a custom tool, or a tool of some platform's own, which only that platform can check."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "function" or (kind is None and isinstance(value, dict) and "function" in value):
        function_tool(value)
        return
    typed(value)
    check = TOOL_TYPES.get(value["type"])
    if check:
        check(value)


allowed_tool = shape({}, {"function": named, "custom": named, "name": string})
allowed_tools = array(allowed_tool, "an array of objects")
allowed = shape({"mode": words("auto", "required"), "tools": allowed_tools})
choice_mode = words("none", "auto", "required")
choice_object = variants(
    "type",
    {
        "function": shape({"function": named}),
        "custom": shape({"custom": named}),
        "allowed_tools": shape({"allowed_tools": allowed}),
    },
)
function_mode = words("none", "auto")


def tool_choice(value: Any) -> None:
    if isinstance(value, dict):
        choice_object(value)
    elif isinstance(value, str):
        choice_mode(value)
    else:
        wrong_type(value, "a string or an object")


def function_call(value: Any) -> None:
    if isinstance(value, str):
        function_mode(value)
    else:
        named(value)


json_schema = shape({"name": filled_string, "schema": object_}, {"description": string, "strict": boolean})

messages_array = array(any_message, "an array of objects", uncommon_messages)


def messages(value: Any) -> None:
    messages_array(value)
    if not value:
        empty("array")


FIELDS: dict[str, Check] = {
    "model": filled_string,
    "messages": messages,
    "stream": boolean,
    "stream_options": shape({}, {"include_usage": boolean}),
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "max_tokens": integer(1),
    "max_completion_tokens": integer(1),
    "n": integer(1, 128),
    "stop": string_or_strings,
    "seed": integer(),
    "user": string,
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "logit_bias": object_,
    "logprobs": boolean,
    "top_logprobs": integer(0, 20),
    "tools": array(tool, "an array of objects", uncommon_tools),
    "tool_choice": tool_choice,
    "parallel_tool_calls": boolean,
    "functions": array(function, "an array of objects"),
    "function_call": function_call,
    "response_format": variants(
        "type",
        {"text": object_, "json_object": object_, "json_schema": shape({"json_schema": json_schema})},
    ),
    "reasoning_effort": string,
    "modalities": array(string, "an array of strings"),
    "audio": object_,
    "metadata": object_,
    "store": boolean,
}


def validate(body: Any) -> None:
    """Raises `RequestRefused` for the first field that is wrong, in the order that the client wrote them."""
    if not isinstance(body, dict):
        raise RequestRefused("The request body must be a JSON object.", code="invalid_type")
    name = ""
    try:
        for name, value in body.items():
            check = FIELDS.get(name)
            if check and value is not None:
                check(value)
        for name in ("model", "messages"):
            if body.get(name) is None:
                missing()
    except Wrong as wrong:
        wrong.refuse(name)
