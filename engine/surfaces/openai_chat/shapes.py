"""The pieces that chunks and whole completions have in common, as this protocol writes them.

What it has no field for: `reasoning_content` and `reasoning_details` as its clients have come to know them;
`extra_content` on tool calls and reasoning details, for what a platform wants to see again (`parts.extra_of`
reads it back); and `EXTRA`, an object beside `choices`, for all else that only one platform tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ErrorInfo

Json = dict[str, Any]

EXTRA = "x_proxyctl"

# What a picture is whose platform does not say so.
UNSAID_IMAGE = "image/png"


def usage(counts: Mapping[str, Any]) -> Json:
    """Settled counts. `details` may bring `prompt` and `completion`, for the details, and further fields."""
    details = counts.get("details")
    made: Json = {} if details is None else dict(details)
    prompt = {"cached_tokens": counts["cache_read"]} if "cache_read" in counts else {}
    if "cache_write" in counts:
        prompt["cache_write_tokens"] = counts["cache_write"]
    completion = {"reasoning_tokens": counts["reasoning"]} if "reasoning" in counts else {}
    if made:
        prompt |= made.pop("prompt", None) or {}
        completion |= made.pop("completion", None) or {}
    made["prompt_tokens"] = counts["prompt"]
    made["completion_tokens"] = counts["output"]
    made["total_tokens"] = counts["total"]
    if prompt:
        made["prompt_tokens_details"] = prompt
    if completion:
        made["completion_tokens_details"] = completion
    return made


def reasoning_detail(index: int, text: str, signature: str | None, extra: Mapping[str, Any] | None) -> Json:
    """One block of reasoning that must come back as it is."""
    made: Json = {"type": "reasoning.text" if text or signature else "reasoning.encrypted", "index": index}
    if text:
        made["text"] = text
    if signature:
        made["signature"] = signature
    if extra:
        made["extra_content"] = dict(extra)
    return made


def call_extra(extra: Mapping[str, Any] | None) -> Json:
    """What a tool call has beside id, name and arguments; its `type` has a place of its own."""
    rest = {name: value for name, value in (extra or {}).items() if name != "type"}
    return {"extra_content": rest} if rest else {}


def annotation(citation: Mapping[str, Any]) -> Json | None:
    """A URL citation; None for one that names no URL, which this protocol cannot say."""
    if "url_citation" in citation:
        return {**citation, "type": "url_citation"}
    if not citation.get("url"):
        return None
    known = ("url", "title", "start_index", "end_index")
    made: Json = {
        "type": "url_citation",
        "url_citation": {
            "url": citation["url"],
            "title": citation.get("title") or "",
            "start_index": citation.get("start_index") or 0,
            "end_index": citation.get("end_index") or 0,
        },
    }
    rest = {name: value for name, value in citation.items() if name not in known and name != "type"}
    return {**rest, **made}


def image(index: int, fields: Mapping[str, Any]) -> Json:
    """A picture of an answer, as clients of gateways have come to know it: in `images`, beside `content`."""
    url = fields.get("url") or f"data:{fields.get('media_type') or UNSAID_IMAGE};base64,{fields['data']}"
    made: Json = {"type": "image_url", "index": index, "image_url": {"url": url}}
    return {**made, "extra_content": dict(fields["extra"])} if fields.get("extra") else made


def logprobs(fields: Mapping[str, Any]) -> Json:
    return {name: fields.get(name) for name in ("content", "refusal")}


def error_body(info: ErrorInfo) -> Json:
    """The body of an error answer, and of an error in the middle of a stream."""
    return {"error": {"message": info.message, "type": info.type, "param": info.param, "code": info.code}}
