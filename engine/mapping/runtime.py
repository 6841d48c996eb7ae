"""What generated code calls: plain functions of plain values. What does not fit raises `TemplateError`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import quote

from engine.errors import CLASS_RULES, ErrorClass, RequestRefused
from engine.events import CHAT_FIELDS, EVENT_FIELDS, Event

MAX_DEPTH: Final = 64
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# RFC 3986 path characters beside letters and digits; `/` stays, for models that are named with one.
SEGMENT: Final = "-._~!$&'()*+,;=:@/"
# What a dialect's own text may hold beside: a query, and escapes that it made itself.
WRITTEN: Final = SEGMENT + "?%"


class TemplateError(ValueError):
    """A value that a template cannot use; the message names the kind of value, never the value."""


# Parameters of clients that `chat` has under another name.
NAMED_OTHERWISE: Final = {
    "parallel_tool_calls": "parallel",
    "reasoning_effort": "effort",
    "response_format": "format",
    "max_completion_tokens": "max_tokens",
}

# What `$compact` leaves out when it is empty.
EMPTIABLE: Final = frozenset({str, list, dict})


class Nothing:
    """The result of a template that yields nothing, where null is something else."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = Nothing()


def kind_of(value: Any) -> str:
    """The JSON type of a value, for messages."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        str: "a text",
        dict: "an object",
        list: "a list",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), type(value).__name__)


def truth(value: Any) -> bool:
    """JMESPath truth: null, false, '', [] and {} are false; 0 is true."""
    return bool(value) or (value is not False and isinstance(value, int | float))


def written(value: Any) -> str:
    """A value inside `text ${…} text`."""
    if type(value) is str:
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    raise TemplateError(f"${{…}} needs a text, a number or a boolean, got {kind_of(value)}")


def label(value: Any) -> str | None:
    """A `select` value as the text that case labels are compared with."""
    return None if value is None or isinstance(value, dict | list) else written(value)


def key_text(value: Any) -> str:
    """A key made by `$key`."""
    if isinstance(value, str | int | float):
        return written(value)
    raise TemplateError(f"$key needs a text, got {kind_of(value)}")


def looped(value: Any) -> list[Any] | tuple[Any, ...]:
    """The list that `$each` goes through; null has no elements."""
    if value is None or isinstance(value, list | tuple):
        return value or ()
    raise TemplateError(f"$each needs a list, got {kind_of(value)}")


def spread(target: dict[str, Any], value: Any) -> None:
    """Copy the keys of an object, or of each object of a list, into `target`."""
    if isinstance(value, dict):
        target.update(value)
    elif isinstance(value, list | tuple):
        for item in value:
            spread(target, item)
    elif value is not None:
        raise TemplateError(f"$spread needs an object or a list of objects, got {kind_of(value)}")


def too_deep(name: str) -> NoReturn:
    raise TemplateError(f"{name!r} calls itself more than {MAX_DEPTH} deep")


def refuse(message: Any, param: Any = None, code: Any = None, error_class: Any = None) -> NoReturn:
    """`$raise`: refuse the request. A class that is none of ours counts as `invalid`."""
    known = error_class in ErrorClass._value2member_map_
    found = ErrorClass(error_class) if known else ErrorClass.INVALID
    raise RequestRefused(
        written(message),
        status=CLASS_RULES[found].status,
        param=None if param is None else written(param),
        code=None if code is None else written(code),
        type=CLASS_RULES[found].type,
        error_class=found,
    )


def chat_data(chat: Any) -> dict[str, Any]:
    """All of `chat` as one object."""
    return {field: getattr(chat, field) for field in CHAT_FIELDS}


def asked_for(chat: Any, names: Any) -> list[str]:
    """`$unsupported` of a list: the names that are parameters which the client sent.

    A client of another protocol has other names; what it sent is then what its request says.
    """
    sent, body = getattr(chat, "sent", ()), getattr(chat, "body", None) or {}
    return [
        parameter
        for parameter in looped(names)
        if parameter in sent or (parameter not in body and getattr(chat, field_of(parameter), None))
    ]


def field_of(parameter: str) -> str:
    """The field of `chat` that holds a parameter; one that none holds is an attribute that it has not."""
    field = NAMED_OTHERWISE.get(parameter, parameter)
    return field if field in CHAT_FIELDS else ""


# --- request positions -----------------------------------------------------------------------------------


def header_text(value: Any) -> str:
    """A header value; line breaks and other controls would end the header, so they are refused."""
    text = written(value)
    if CONTROL.search(text):
        raise TemplateError("a header value holds a line break or another control character")
    return text


def header_map(value: Any) -> dict[str, str]:
    return {name: header_text(item) for name, item in object_of(value, "headers").items() if item is not None}


def query_map(value: Any) -> dict[str, str]:
    return {name: written(item) for name, item in object_of(value, "query").items() if item is not None}


def object_of(value: Any, what: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise TemplateError(f"{what} needs an object, got {kind_of(value)}")


def path_value(value: Any) -> str:
    """A value in a path, percent-encoded so that it can neither open a query nor climb out of its path."""
    text = written(value)
    if ".." in text and ".." in text.split("/"):
        raise RequestRefused("a name in the path may not hold '..'", param="model")
    return quote(text, safe=SEGMENT)


def path_text(value: Any) -> str:
    """A dialect's own text in a path: only what can stand in no URL is encoded."""
    return quote(written(value), safe=WRITTEN)


# --- events ----------------------------------------------------------------------------------------------


def event(kind: str, value: Any, choice: Any) -> Event:
    """An event from the value of an expression: an object holds its fields, all else is its first one."""
    known = EVENT_FIELDS[kind]
    if not isinstance(value, dict):
        if not known:
            raise TemplateError(f"{kind!r} needs an object, got {kind_of(value)}")
        return Event(kind, {known[0]: value}, choice)
    fields = {name: item for name, item in value.items() if item is not None and name != "choice"}
    strange = known is not None and fields.keys() - set(known)
    if strange:
        raise TemplateError(f"event {kind!r} has no field {sorted(strange)[0]!r}")
    return Event(kind, fields, choice_of(value["choice"]) if "choice" in value else choice)


def upstream_error(message: str) -> Event:
    return Event("error", {"class": str(ErrorClass.UPSTREAM), "message": message})


def choice_of(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is int and value >= 0:
        return value
    raise TemplateError(f"choice needs a number from 0, got {kind_of(value)}")
