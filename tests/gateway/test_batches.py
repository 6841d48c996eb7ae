"""Events in batches: what stood before a failure is told first, however the bytes are cut."""

import pytest

from engine.events import Event
from engine.gateway.batches import OneBatch, StreamBatches
from engine.mapping.scope import Scope
from engine.wire.registry import FRAMINGS
from tests.gateway.playbook import compiled

STREAM = (
    compiled("""
  strict:
    operations:
      chat:
        request: {path: /}
        stream: {frames: sse, events: [{$each: =data.texts, $as: t, $do: {text: "${t} "}}]}
providers:
  a: {dialect: strict, base_url: "https://a.test"}
models: {m: {targets: [a/m]}}
""")
    .providers["a"]
    .dialect.operations["chat"]
    .stream
)
RAW = b'data: {"texts": ["a"]}\n\ndata: {}\n\ndata: {"texts": ["b", "c"]}\n\ndata: {"texts": ["d", {}]}\n\n'


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_the_cut_does_not_matter(size: int) -> None:
    sse = FRAMINGS.get("sse")
    assert sse is not None and STREAM is not None
    batches = StreamBatches(sse.open(1000), STREAM, Scope())
    texts: list[str] = []
    for start in range(0, len(RAW), size):
        texts += [event.fields["text"] for event in batches.read(RAW[start : start + size])]
    assert texts == ["a ", "b ", "c "]
    assert batches.failure and "makes no sense" in batches.failure.message


def test_the_end_may_complete_an_event() -> None:
    sse = FRAMINGS.get("sse")
    assert sse is not None and STREAM is not None
    batches = StreamBatches(sse.open(1000), STREAM, Scope())
    assert list(batches.read(b'data: {"texts": ["a"]}')) == []
    assert [event.fields["text"] for event in batches.read(None)] == ["a "]


def test_one_batch() -> None:
    batches = OneBatch([Event("text", {"text": "a"})])
    assert list(batches.read(None)) == [Event("text", {"text": "a"})]
    assert list(batches.read(None)) == []
    assert list(OneBatch([]).read(None)) == []
