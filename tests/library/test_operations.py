"""Recorded exchanges of operations beside the chat: read by the dialects, and asked again by their clients."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from engine.errors import ErrorClass
from engine.events import Inbound
from engine.gateway.results import results_of
from engine.gateway.steps import Answered
from engine.operations import OPERATIONS
from engine.snapshot.surfaces import shipped_surface
from engine.surfaces.answer import Meta
from engine.surfaces.surface import Surface, speaking

from .answers import error
from .corpus import answer_json, answered, recordings
from .dialects import compiled, scope

# API of a recording -> the dialect that reads it, and the operation
APIS = {
    "openai-embeddings": ("openai", "embeddings"),
    "azure-openai-embeddings": ("azure-openai", "embeddings"),
    "cohere-embed": ("cohere", "embeddings"),
    "cohere-rerank": ("cohere", "rerank"),
    "dashscope-embedding": ("dashscope", "embeddings"),
    "dashscope-openai-embeddings": ("dashscope-openai", "embeddings"),
    "gemini-embed": ("gemini", "embeddings"),
    "mistral-embeddings": ("mistral", "embeddings"),
    "openai-moderations": ("openai", "moderation"),
    "vertex-predict": ("vertex", "embeddings"),
    "voyage-embeddings": ("voyage", "embeddings"),
    "voyage-rerank": ("voyage", "rerank"),
}
# Client protocols whose own requests are among the recordings: the surface, the operation, names in the path.
CLIENTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "openai-embeddings": ("openai-embeddings", "embeddings", {}),
    "mistral-embeddings": ("openai-embeddings", "embeddings", {}),
    "dashscope-openai-embeddings": ("openai-embeddings", "embeddings", {}),
    "azure-openai-embeddings": ("azure-openai-embeddings", "embeddings", {"deployment": "d"}),
    "openai-moderations": ("openai-moderations", "moderation", {}),
    "cohere-embed": ("cohere", "embeddings", {}),
    "cohere-rerank": ("rerank", "rerank", {}),
    "voyage-rerank": ("rerank", "rerank", {}),
    "gemini-embed": ("gemini", "embeddings", {"model": "m"}),
    "ollama-embed": ("ollama", "embeddings", {}),
}
# What each error is told as: the first words of its message are the platform's own.
ERRORS = {
    "openai-embeddings.json.01": (ErrorClass.NOT_FOUND, "The model"),
    "azure-openai-embeddings.json.01": (ErrorClass.AUTH, "Access denied"),
    "cohere-embed.json.01": (ErrorClass.NOT_FOUND, "model 'nonexistent' not found"),
    "gemini-embed.json.01": (ErrorClass.NOT_FOUND, "models/nonexistent-model is not found"),
    "voyage-embeddings.json.01": (ErrorClass.INVALID, "Model nonexistent is not supported"),
}
META = Meta("id", "alias", 0, lambda prefix: prefix)


def cases(good: bool) -> list[Any]:
    found = [record for record in recordings(*APIS) if answered(record) is good]
    return [pytest.param(record, id=record["id"]) for record in found]


def results(record: dict[str, Any]) -> Any:
    dialect, operation = APIS[record["api"]]
    program = compiled(dialect).operations[operation].response
    assert program is not None
    response = record["response"]
    given = Answered(response["status"], response["headers"], b"", answer_json(record))
    return results_of(OPERATIONS[operation], program, given, scope(dialect))


def numbers(data: Any) -> list[Any]:
    """Every vector of an answer, wherever it stands."""
    if isinstance(data, list):
        if data and isinstance(data[0], float):
            return [data]
        return [vector for item in data for vector in numbers(item)]
    if isinstance(data, dict):
        own = [data["embedding"]] if isinstance(data.get("embedding"), str) else []
        return own + [vector for value in data.values() for vector in numbers(value)]
    return []


@pytest.mark.parametrize("record", cases(good=True))
def test_the_answer(record: dict[str, Any]) -> None:
    found, data = results(record), answer_json(record)
    if APIS[record["api"]][1] == "embeddings":
        assert found["vectors"] == numbers(data) and found["vectors"]
        assert found["usage"]["prompt"] > 0 and found["usage"]["output"] == 0
    elif APIS[record["api"]][1] == "rerank":
        told = [(each["index"], each["relevance_score"]) for each in data.get("results") or data["data"]]
        assert [(each["index"], each["score"]) for each in found["results"]] == told
        assert found["usage"].get("units") or found["usage"]["prompt"]
    else:
        assert found["results"] == data["results"] and found["model"] == data["model"]


@pytest.mark.parametrize("record", cases(good=False))
def test_the_error(record: dict[str, Any]) -> None:
    wanted, words = ERRORS[".".join(record["id"].split(".")[:3])]
    info = error(record, APIS[record["api"]][0])
    assert info.error_class is wanted and info.message.startswith(words)


def surface_of(record: dict[str, Any]) -> tuple[Surface, Inbound]:
    name, operation, names = CLIENTS[record["api"]]
    home = shipped_surface(name)
    found = speaking(home, operation) if home else None
    assert found is not None
    return found, Inbound("POST", record["request"]["path"], {}, {}, b"", "r", names=names)


@pytest.mark.parametrize("record", [pytest.param(record, id=record["id"]) for record in recordings(*CLIENTS)])
def test_the_clients_request(record: dict[str, Any]) -> None:
    """What clients really sent is understood, and nothing of it is overlooked."""
    surface, inbound = surface_of(record)
    body, task = surface.read(record["request"]["body"], inbound, {}, {})
    texts = [part["text"] for turn in task.turns for part in turn["parts"]]
    sent = json.dumps(record["request"]["body"], ensure_ascii=False)
    assert body and list(task.unread) == []
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in sent for text in texts)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(record, id=record["id"])
        for record in recordings(*(CLIENTS.keys() & APIS.keys()))
        if answered(record)
    ],
)
def test_the_platforms_own_answer_comes_back(record: dict[str, Any]) -> None:
    """Through results and back again: what the platform's own client gets is what the platform said."""
    surface, inbound = surface_of(record)
    asked: Any = type("Asked", (), {"body": record["request"]["body"], "inbound": inbound})()
    told = orjson.loads(orjson.dumps(surface.told(results(record), META, asked)))
    data = answer_json(record)
    if surface.operation == "embeddings":
        assert numbers(told) == numbers(data)
    elif surface.operation == "rerank":
        wanted = [(each["index"], each["relevance_score"]) for each in data.get("results") or data["data"]]
        assert [(each["index"], each["relevance_score"]) for each in told["results"]] == wanted
        documents = [each.get("document") for each in told["results"]]
        assert documents == [each.get("document") for each in data.get("results") or data["data"]]
    else:
        assert told == {name: data[name] for name in ("id", "model", "results")}
