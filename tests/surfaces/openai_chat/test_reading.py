from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.surfaces.openai_chat.reading import chunks, deltas, payloads


def test_payloads() -> None:
    assert payloads(b"data: a\n\ndata: b\n\n") == ["a", "b"]
    for broken in (b"data: a", b"data: a\nb\n\n", b"event: x\n\n"):
        with pytest.raises(AssertionError):
            payloads(broken)


def test_chunks_must_be_chunks() -> None:
    with pytest.raises(ValidationError):
        chunks(b'data: {"id":"x"}\n\n')
    good = b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{}}]}\n\n'
    assert deltas(good + b"data: [DONE]\n\n") == [{}]
