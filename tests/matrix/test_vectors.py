"""What the SDKs ask beside their chats: vectors and ranks of any platform, in the official types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cohere.types import EmbedByTypeResponse
from cohere.v2.types import V2RerankResponse
from mistralai.client.models import EmbeddingResponse

from engine.events import Call
from engine.testing.world import RecordedReply
from tests.matrix.cells import client
from tests.matrix.engine import engine

VECTOR = [0.5, -1.0]
VECTORS: dict[str, Any] = {
    "openai": {"data": [{"embedding": VECTOR, "index": 0}], "usage": {"prompt_tokens": 3}},
    "cohere": {"id": "e1", "embeddings": {"float": [VECTOR]}, "meta": {"billed_units": {"input_tokens": 3}}},
    "mistral": {
        "id": "e1",
        "object": "list",
        "model": "up",
        "data": [{"embedding": VECTOR, "index": 0, "object": "embedding"}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    },
    "gemini": {"embeddings": [{"values": VECTOR}]},
    "ollama": {"model": "up", "embeddings": [VECTOR], "prompt_eval_count": 3},
}
RANKS: dict[str, Any] = {
    "cohere": {
        "id": "r1",
        "results": [{"index": 1, "relevance_score": 0.5}],
        "meta": {"billed_units": {"search_units": 1}},
    },
    "openai-compatible": {"results": [{"index": 1, "relevance_score": 0.5}], "usage": {"total_tokens": 5}},
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    engine().upstream.replay = None


def answering(told: Any) -> None:
    async def replay(_: Call) -> RecordedReply:
        return RecordedReply(200, {"content-type": "application/json"}, (json.dumps(told).encode(),))

    engine().upstream.replay = replay


@pytest.mark.parametrize("dialect", VECTORS)
def test_cohere_embeds(dialect: str) -> None:
    answering(VECTORS[dialect])
    sdk: Any = client("cohere").sdk  # type: ignore[attr-defined]
    told = sdk.embed(model=dialect, texts=["a"], input_type="search_query", embedding_types=["float"])
    assert told.embeddings.float_ == [VECTOR]
    EmbedByTypeResponse.model_validate_json(engine().body)


@pytest.mark.parametrize("dialect", VECTORS)
def test_mistral_embeds(dialect: str) -> None:
    answering(VECTORS[dialect])
    sdk: Any = client("mistral").sdk  # type: ignore[attr-defined]
    told = sdk.embeddings.create(model=dialect, inputs=["a"])
    assert told.data[0].embedding == VECTOR
    EmbeddingResponse.model_validate_json(engine().body)


@pytest.mark.parametrize("dialect", RANKS)
def test_cohere_ranks(dialect: str) -> None:
    answering(RANKS[dialect])
    sdk: Any = client("cohere").sdk  # type: ignore[attr-defined]
    told = sdk.rerank(model=dialect, query="q", documents=["a", "b"], top_n=1)
    assert [(found.index, found.relevance_score) for found in told.results] == [(1, 0.5)]
    V2RerankResponse.model_validate_json(engine().body)
