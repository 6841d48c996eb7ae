"""Events in batches: what stood before a failure is told first, however the bytes are cut."""

from collections.abc import AsyncIterator, Mapping

import pytest

from engine.errors import UpstreamFailed
from engine.events import Event, Timeouts
from engine.gateway.batches import OneBatch, StreamBatches
from engine.gateway.reading import Body, Deadlines
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


class Cut:
    def __init__(self, size: int) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.size = size

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(RAW), self.size):
            yield RAW[start : start + self.size]

    async def aclose(self) -> None:
        return None


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
async def test_the_cut_does_not_matter(size: int) -> None:
    sse = FRAMINGS.get("sse")
    assert sse is not None and STREAM is not None
    body = Body(Cut(size), Deadlines(Timeouts()), 10_000)
    batches = StreamBatches(body, sse.open(1000), STREAM, Scope())
    texts: list[str] = []
    with pytest.raises(UpstreamFailed, match="makes no sense"):
        while (events := await batches.next()) is not None:
            texts += [event.fields["text"] for event in events]
    assert texts == ["a ", "b ", "c "]
    await body.aclose()


async def test_one_batch() -> None:
    batches = OneBatch([Event("text", {"text": "a"})])
    assert await batches.next() == [Event("text", {"text": "a"})]
    assert await batches.next() is None
    assert await OneBatch([]).next() is None
