from __future__ import annotations

import pytest

from engine.errors import ErrorClass, UpstreamFailed
from engine.wire.framing import FramingError, strict_text, too_large


def test_a_framing_error_is_an_upstream_failure() -> None:
    error = FramingError("cut short", "truncated_stream")
    assert isinstance(error, UpstreamFailed)
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "truncated_stream")


def test_too_large_names_the_limit() -> None:
    assert too_large(10).info.message == "event too large: more than 10 bytes"
    assert too_large(10).info.code == "event_too_large"


def test_text_must_be_utf8() -> None:
    assert strict_text("ü".encode()) == "ü"
    with pytest.raises(FramingError, match=r"not UTF-8 .byte 0xff"):
        strict_text(b"a\xff")
