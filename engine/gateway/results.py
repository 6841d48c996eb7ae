"""An answer of an operation beside the chat: what is in it, how it is told, and what was used."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.gateway.answer import JSON_TYPE
from engine.gateway.steps import Answered
from engine.mapping.response import ResponseProgram
from engine.operations import Kind
from engine.surfaces.usage import merge, settle
from engine.wire.registry import framing_for

Json = dict[str, Any]
TEXT_TYPE = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"

# Labels that say nothing, where nothing but JSON can come.
UNLABELLED = ("", "text/plain", BINARY)


class Wanted(Enum):
    """What an answer is by its label: results to read, a medium that is one, bytes to pass on, or nothing."""

    RESULTS = "results"
    MEDIUM = "medium"
    BYTES = "bytes"
    NOTHING = "nothing"


def wanted_of(content_type: str, kind: Kind, *, alike: bool) -> Wanted:
    """`alike`: the client asked for a stream, and speaks as the upstream does."""
    name = content_type.partition(";")[0].strip().lower()
    if name.endswith(("/json", "+json")):
        return Wanted.RESULTS
    if kind.media and name.startswith(kind.media):
        return Wanted.MEDIUM
    if framing_for(content_type) is not None:
        return Wanted.BYTES if alike else Wanted.NOTHING
    if kind.raw:
        return Wanted.NOTHING if name.endswith("html") else Wanted.BYTES
    return Wanted.RESULTS if name in UNLABELLED else Wanted.NOTHING


def parse_answer(raw: bytes) -> Any:
    """The JSON of a whole answer. Raises `UpstreamFailed` when it is none, cut off, empty or null."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        data = None
        if raw.strip():
            message = "the upstream's answer is not valid JSON, or was cut off"
            raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "malformed_answer")) from exc
    if not isinstance(data, dict | list) or not data:
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "the upstream's answer is empty", "empty_answer"))
    return data


def medium_of(raw: bytes, content_type: str) -> Json:
    """What a dialect sees of an answer that is a medium itself. Raises `UpstreamFailed` for an empty one."""
    if not raw:
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "the upstream's answer is empty", "empty_answer"))
    media_type = content_type.partition(";")[0].strip().lower()
    return {"media_type": media_type, "data": base64.b64encode(raw).decode()}


def results_of(kind: Kind, program: ResponseProgram, answer: Answered, scope: Any) -> Json:
    """What the dialect makes of an answer. Raises `UpstreamFailed` for one that lacks what was asked for."""
    found = program.value(answer.data, answer.status, answer.headers, scope)
    told = found.get(kind.needed) if isinstance(found, dict) else None
    if told is None or not (kind.single or isinstance(told, list)):
        message = f"the upstream's answer has no {kind.needed}"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "unreadable_answer"))
    results: Json = {**found, "usage": usage_of(found.get("usage"))}
    return results


def told_bytes(told: Any, results: Mapping[str, Any], kind: Kind) -> tuple[bytes, Json | None, str]:
    """The client's bytes, the usage, the content type: JSON, a bare text, or what stands in base64."""
    usage = results["usage"]
    if kind.raw and "media_type" in kind.results:
        try:
            return base64.b64decode(results[kind.needed]), usage, str(results.get("media_type") or BINARY)
        except (binascii.Error, TypeError) as wrong:
            message = f"the upstream's {kind.needed} is not base64"
            raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "unreadable_answer")) from wrong
    if isinstance(told, str):
        return told.encode(), usage, TEXT_TYPE
    return orjson.dumps(told), usage, JSON_TYPE


def usage_of_bytes(
    program: ResponseProgram | None, status: int, headers: Mapping[str, str], scope: Any
) -> Json | None:
    """What is told of an answer that nobody reads: `data` is null."""
    found = program.value(None, status, headers, scope) if program is not None else None
    return usage_of(found.get("usage")) if isinstance(found, dict) else None


def usage_of(told: Any) -> Json | None:
    """Settled counts; None when nothing was counted."""
    counts: Json = {}
    if isinstance(told, Mapping):
        units = told.get("units")
        merge(counts, {**told, "units": math.ceil(units)} if isinstance(units, float) else told)
    return settle(counts)
