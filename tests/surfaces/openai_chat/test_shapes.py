from __future__ import annotations

from engine.errors import ErrorClass, ErrorInfo
from engine.surfaces.openai_chat.shapes import annotation, error_body, logprobs, reasoning_detail, usage

COUNTS = {"prompt": 1, "input": 1, "output": 2, "visible": 2, "total": 3}


def test_usage_has_details_only_where_they_are_known() -> None:
    assert usage(COUNTS) == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert usage({**COUNTS, "cache_read": 0})["prompt_tokens_details"] == {"cached_tokens": 0}


def test_details_of_a_platform() -> None:
    details = {
        "prompt": {"audio_tokens": 1},
        "completion": {"audio_tokens": 2},
        "cost": 0.5,
        "total_tokens": 99,
    }
    assert usage({**COUNTS, "reasoning": 1, "details": details}) == {
        "cost": 0.5,
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "prompt_tokens_details": {"audio_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 2},
    }


def test_annotations() -> None:
    assert annotation({"document": 1}) is None
    assert annotation({"url_citation": {"url": "u"}}) == {
        "type": "url_citation",
        "url_citation": {"url": "u"},
    }
    found = annotation({"url": "u", "type": "web", "end_index": 3})
    assert found == {
        "type": "url_citation",
        "url_citation": {"url": "u", "title": "", "start_index": 0, "end_index": 3},
    }


def test_reasoning_details() -> None:
    assert reasoning_detail(1, "", "s", None) == {"type": "reasoning.text", "index": 1, "signature": "s"}
    assert reasoning_detail(0, "", None, {"a": 1})["type"] == "reasoning.encrypted"


def test_error_bodies() -> None:
    info = ErrorInfo(ErrorClass.AUTH, "m", "c", "p")
    assert error_body(info) == {
        "error": {"message": "m", "type": "upstream_authentication_error", "param": "p", "code": "c"}
    }


def test_logprobs_have_both_lists() -> None:
    assert logprobs({"refusal": [1]}) == {"content": None, "refusal": [1]}
