"""The texts of a request, to be rewritten in the client's own body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.surfaces.openai_chat.shapes import Json

Rewrite = Callable[[str, str], str]
"""Part and text → text, as `Surface.rewrite` has it."""

PART_OF_ROLE = {"system": "system", "developer": "system", "tool": "tool_results", "function": "tool_results"}
TEXT = "text"
# Where the words of a content part or of a message stand, beside its content.
REASONING = ("reasoning_content", "reasoning")


def rewrite_body(body: Json, rewrite: Rewrite) -> Json:
    """The body with every text rewritten; the very same when none differs. It is not changed itself."""
    changed: Json = _keys(
        body,
        {
            "messages": lambda value: _each(value, lambda one: _message(one, rewrite)),
            "prediction": lambda value: _keys(value, {"content": _content(TEXT, rewrite)}),
        },
    )
    return changed


def _message(message: Any, rewrite: Rewrite) -> Any:
    if not isinstance(message, dict):
        return message
    role = message.get("role")
    part = PART_OF_ROLE.get(role, TEXT) if isinstance(role, str) else TEXT
    return _keys(
        message,
        {
            "content": _content(part, rewrite),
            "refusal": _text(TEXT, rewrite),
            **{name: _text("reasoning", rewrite) for name in REASONING},
            "reasoning_details": lambda value: _each(value, lambda one: _detail(one, rewrite)),
            "tool_calls": lambda value: _each(value, lambda one: _call(one, rewrite)),
            "function_call": lambda value: _keys(value, {"arguments": _text("tool_arguments", rewrite)}),
        },
    )


def _content(part: str, rewrite: Rewrite) -> Callable[[Any], Any]:
    of_part = {"text": _text(part, rewrite), "refusal": _text(part, rewrite)}

    def content(value: Any) -> Any:
        if isinstance(value, str):
            return rewrite(part, value)
        return _each(value, lambda one: _keys(one, of_part))

    return content


def _detail(detail: Any, rewrite: Rewrite) -> Any:
    return _keys(detail, {"text": _text("reasoning", rewrite), "summary": _text("reasoning", rewrite)})


def _call(call: Any, rewrite: Rewrite) -> Any:
    return _keys(
        call,
        {
            "function": lambda value: _keys(value, {"arguments": _text("tool_arguments", rewrite)}),
            "custom": lambda value: _keys(value, {"input": _text("tool_input", rewrite)}),
        },
    )


def _text(part: str, rewrite: Rewrite) -> Callable[[Any], Any]:
    return lambda value: rewrite(part, value) if isinstance(value, str) else value


def _each(values: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(values, list):
        return values
    changed = [change(value) for value in values]
    return values if all(new is old for new, old in zip(changed, values, strict=True)) else changed


def _keys(value: Any, changes: dict[str, Callable[[Any], Any]]) -> Any:
    """The object with some of its values changed; itself when none is."""
    if not isinstance(value, dict):
        return value
    changed = {}
    for name, change in changes.items():
        if name in value:
            new = change(value[name])
            if new is not value[name] and new != value[name]:
                changed[name] = new
    return {**value, **changed} if changed else value
