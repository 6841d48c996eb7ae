"""Bytes that pass through: the model is set going up, usage and errors are read coming down.

Only for an upstream that speaks this very protocol. Pure: bytes and frames in, bytes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo, class_of_status
from engine.events import Frame
from engine.surfaces.json_names import ESCAPED_LETTER, names_once
from engine.surfaces.openai_chat.encode import DONE, error_chunk
from engine.surfaces.openai_chat.shapes import Json, error_body
from engine.surfaces.tool_calls import text_of
from engine.surfaces.usage import merge, settle

END = "[DONE]"
# What makes a frame worth parsing; quotes inside a text are escaped, so a text never looks like this.
NOTEWORTHY = re.compile(rb'"error"|"usage"(?!\s*:\s*null)|"finish_reason"(?!\s*:\s*null)')
ESCAPED = re.compile(ESCAPED_LETTER)

ERROR_CODES = {
    "invalid_api_key": ErrorClass.AUTH,
    "insufficient_quota": ErrorClass.QUOTA,
    "rate_limit_exceeded": ErrorClass.RATE_LIMIT,
    "model_not_found": ErrorClass.NOT_FOUND,
    "context_length_exceeded": ErrorClass.CONTEXT_LENGTH,
    "content_filter": ErrorClass.CONTENT_FILTER,
    "content_policy_violation": ErrorClass.CONTENT_FILTER,
}


def patch_body(raw: bytes | None, body: Json, model: str) -> bytes:
    """The body to send: the client's own bytes when nothing differs. A streamed one asks for its usage.

    To write the whole body anew takes less time than to find the one place in its text. A body that may name
    two models is written anew, too: the upstream could read the one that nobody here has looked at.
    """
    changes: Json = {} if body.get("model") == model else {"model": model}
    if body.get("stream"):
        options = body.get("stream_options") or {}
        if options.get("include_usage") is not True:
            changes["stream_options"] = {**options, "include_usage": True}
    if raw is None or changes or not names_once(raw, b'"model"'):
        return orjson.dumps({**body, **changes})
    return raw


def usage_counts(usage: Any) -> Json:
    """An upstream's `usage` as the fields of a `usage` event; what it does not tell may be None."""
    if not isinstance(usage, dict):
        return {}
    told = usage.get
    fields: Json = {
        "prompt": told("prompt_tokens"), "output": told("completion_tokens"), "total": told("total_tokens")
    }  # fmt: skip
    if (details := told("prompt_tokens_details")) and isinstance(details, dict):
        fields["cache_read"] = details.get("cached_tokens")
        if (written := details.get("cache_write_tokens")) is not None:
            fields["cache_write"] = written
    if (details := told("completion_tokens_details")) and isinstance(details, dict):
        fields["reasoning"] = details.get("reasoning_tokens")
    return fields


def usage_of(data: Any) -> Json | None:
    """The settled usage of a whole completion; None when it tells none."""
    counts: Json = {}
    merge(counts, usage_counts(data.get("usage") if isinstance(data, dict) else None))
    return settle(counts)


def error_of(data: Any, event: str | None = None) -> ErrorInfo | None:
    """The error that an upstream's JSON is, whatever its status was; None when it is none.

    Some write it without a wrapper, and say by `object`, or by the frame's event, what it is.
    """
    if not isinstance(data, dict):
        return None
    error = data.get("error") or (data if "error" in (data.get("object"), event) else None)
    if not error:
        return None
    told = error if isinstance(error, dict) else {"message": error}
    code = text_of(told.get("code")) or None
    kind = text_of(told.get("type"))
    return ErrorInfo(
        ERROR_CODES.get(code or "") or ERROR_CODES.get(kind) or class_of_code(code or ""),
        text_of(told.get("message")) or "the upstream reported an error",
        code,
        text_of(told.get("param")) or None,
    )


def class_of_code(code: str) -> ErrorClass:
    """In the middle of a stream a code may be the status that it is too late for."""
    return class_of_status(int(code)) if re.fullmatch("[45][0-9][0-9]", code) else ErrorClass.UPSTREAM


def fault_of(data: Any) -> ErrorInfo | None:
    """Why a whole answer must not pass: it is an error, or no completion at all."""
    error = error_of(data)
    choices = data.get("choices") if isinstance(data, dict) else None
    if error is None and not (choices and isinstance(choices, list) and all(map(has_message, choices))):
        return ErrorInfo(ErrorClass.UPSTREAM, "the upstream's answer is no completion", "unreadable_answer")
    return error


def has_message(choice: Any) -> bool:
    return isinstance(choice, dict) and isinstance(choice.get("message"), dict)


class PassStream:
    """One stream that passes through. `include_usage`: the client asked for the usage chunk itself.

    `begun` is true from the first event that can go to the client; an error before it is only in `error`.
    `finished`: a choice said why it ended. After an error, or after the end, nothing passes any more.
    """

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._counts: Json = {}
        self.begun = False
        self.finished = False
        self.ended = False
        self.error: ErrorInfo | None = None

    @property
    def usage(self) -> Json | None:
        """Token counts as far as they are known, settled."""
        return settle(self._counts)

    def is_plain(self, events: bytes) -> bool:
        """Whether all events are objects, each on one `data:` line, that hold nothing worth parsing."""
        return (
            self.begun
            and not self.ended
            and events.startswith(b"data: {")
            and events.endswith(b"}\n\n")
            and events.count(b"\n") == 2 * events.count(b"}\n\ndata: {") + 2
            and b"\r" not in events
            and not is_noteworthy(events)
        )

    def says_nothing(self, data: Any) -> bool:
        """A chunk with a role and empty texts, or with no choice at all."""
        choices = data.get("choices") if isinstance(data, dict) else None
        if not isinstance(choices, list) or data.get("error") or data.get("usage"):
            return False
        return all(isinstance(choice, dict) and is_blank(choice) for choice in choices)

    def feed(self, frames: Iterable[Frame]) -> bytes:
        out: list[bytes] = []
        for frame in frames:
            if self.ended:
                break
            if not frame.data:
                continue  # a keep-alive of some proxies; clients take it for broken JSON
            if frame.data == END:
                self.ended = True
                out.append(whole_frame(frame))
            elif is_noteworthy(frame.raw) or frame.event == "error" or not looks_sound(frame):
                out.append(self._noteworthy(frame))
            else:
                out.append(frame.raw)
            self.begun = self.begun or not self.error
        return b"".join(out)

    def end(self) -> bytes:
        """The upstream has no more: a stream without its end is an error, unless every word was said."""
        if self.ended:
            return b""
        if self.finished:
            self.ended = True
            return DONE
        return self.fail(
            ErrorInfo(ErrorClass.UPSTREAM, "the stream ended before it was complete", "truncated_stream")
        )

    def fail(self, info: ErrorInfo) -> bytes:
        """End with an error; the bytes that tell the client, none when it has not seen anything yet."""
        if self.ended:
            return b""
        self.ended = True
        self.error = info
        return error_chunk(error_body(info)) if self.begun else b""

    def _noteworthy(self, frame: Frame) -> bytes:
        try:
            data = orjson.loads(frame.data)
        except orjson.JSONDecodeError:
            return self.fail(
                ErrorInfo(ErrorClass.UPSTREAM, "the stream holds broken JSON", "malformed_stream")
            )
        error = error_of(data, frame.event)
        if error:
            return self.fail(error)
        if not isinstance(data, dict):
            return whole_frame(frame)
        choices = data.get("choices")
        merge(self._counts, usage_counts(data.get("usage")))
        self.finished = self.finished or any_finish(choices)
        only_usage = choices == [] and bool(data.get("usage"))
        return b"" if only_usage and not self._include_usage else whole_frame(frame)


def is_blank(choice: Json) -> bool:
    """Whether the delta of a choice has nothing in it but a role."""
    delta = choice.get("delta")
    if not isinstance(delta, dict) or choice.get("finish_reason"):
        return False
    return not any(value for name, value in delta.items() if name != "role")


def any_finish(choices: Any) -> bool:
    if not isinstance(choices, Sequence):
        return False
    return any(isinstance(choice, dict) and choice.get("finish_reason") for choice in choices)


def is_noteworthy(raw: bytes) -> bool:
    return bool(NOTEWORTHY.search(raw) or ESCAPED.search(raw))


def looks_sound(frame: Frame) -> bool:
    """A cheap look instead of a parse: an object, and its blank line."""
    return frame.data[:1] == "{" and frame.data[-1:] == "}" and is_whole(frame)


def is_whole(frame: Frame) -> bool:
    """The last frame of a stream may lack its blank line, and more."""
    return frame.raw.endswith((b"\n\n", b"\r\n\r\n", b"\r\r"))


def whole_frame(frame: Frame) -> bytes:
    return frame.raw if is_whole(frame) else frame.raw.rstrip(b"\r\n") + b"\n\n"
