from __future__ import annotations

from base64 import b64decode

import pytest

from engine.registry import Example
from engine.wire.framing import FramingSpec
from engine.wire.registry import FRAMINGS, framing_for
from tests.wire.cuts import assert_same_at_any_cut


def test_the_framings() -> None:
    assert {"sse", "ndjson", "json-array", "aws-eventstream"} <= set(FRAMINGS.names())


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/event-stream", "sse"),
        ("Text/Event-Stream; charset=utf-8", "sse"),
        ("application/x-ndjson", "ndjson"),
        ("application/stream+json;charset=utf-8", "ndjson"),
        ("application/json", None),
        ("application/vnd.amazon.eventstream", "aws-eventstream"),
        ("text/plain", None),
        ("", None),
    ],
)
def test_a_content_type_names_its_framing(content_type: str, name: str | None) -> None:
    found = framing_for(content_type)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("spec", "example"),
    [(spec, example) for spec in FRAMINGS for example in spec.examples],
    ids=lambda value: value.name if isinstance(value, FramingSpec) else repr(value.text)[:30],
)
def test_examples(spec: FramingSpec, example: Example) -> None:
    data = b64decode(example.text) if spec.write else example.text.encode()
    frames = assert_same_at_any_cut(spec.name, data)
    assert [[frame.event, frame.data] for frame in frames] == example.result
