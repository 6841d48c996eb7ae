"""Files and batches of a platform through the engine: the official SDK, bytes as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer

SITE = """
version: 1
providers:
  openai: {{dialect: openai, base_url: "{url}/v1", key: "${{env:E2E_KEY}}"}}
models:
  smart: {{targets: [openai/gpt]}}
endpoints:
  chat: {{path: /v1/chat/completions, surface: openai-chat}}
  stored:
    path: "/v1/{{path}}"
    pass: openai
    allow: [files, "files/*", batches, "batches/*", uploads, "uploads/*"]
"""
BYTES = bytes(range(256)) * 40
FILE = {"id": "file-1", "object": "file", "bytes": len(BYTES), "created_at": 1, "filename": "x.bin",
        "purpose": "batch", "status": "processed"}  # fmt: skip
BATCH = {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-1",
         "completion_window": "24h", "status": "validating", "created_at": 1}  # fmt: skip


def platform(request: Request) -> Answer:
    method, path = request.method, request.path.partition("?")[0]
    if path == "/v1/files" and method == "POST":
        return json_answer(FILE)
    if path == "/v1/files":
        return json_answer({"object": "list", "data": [FILE], "has_more": False})
    if path == "/v1/files/file-1/content":
        return Answer(200, {"content-type": "application/octet-stream"}, [BYTES], len(BYTES))
    if path == "/v1/files/file-1":
        return json_answer(
            {"id": "file-1", "object": "file", "deleted": True} if method == "DELETE" else FILE
        )
    if path.endswith("/cancel"):
        return json_answer({**BATCH, "status": "cancelling"})
    return (
        json_answer(BATCH)
        if path.startswith("/v1/batches")
        else json_answer({"error": {"message": "no"}}, 404)
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenAI, TestUpstream]]:
    site = tmp_path_factory.mktemp("files")
    with TestUpstream(platform) as upstream:
        write_site(site, routes=SITE.format(url=upstream.url))
        with EngineProcess(site, "--limit-body", "1MiB", env={"E2E_KEY": "sk-platform"}) as engine:
            client = OpenAI(base_url=f"{engine.url}/v1", api_key="none", max_retries=0)
            yield client, upstream


def test_a_file_goes_up_as_it_is_and_comes_back(scene: tuple[OpenAI, TestUpstream]) -> None:
    client, upstream = scene
    assert client.files.create(file=("x.bin", BYTES), purpose="batch").id == "file-1"
    sent = upstream.requests[-1]
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=") and BYTES in sent.body
    assert sent.headers["authorization"] == "Bearer sk-platform"
    assert [file.id for file in client.files.list(purpose="batch")] == ["file-1"]
    assert upstream.requests[-1].path == "/v1/files?purpose=batch"
    assert client.files.retrieve("file-1").filename == "x.bin"
    assert client.files.content("file-1").read() == BYTES
    assert client.files.delete("file-1").deleted


def test_a_batch_is_made_looked_at_and_called_off(scene: tuple[OpenAI, TestUpstream]) -> None:
    client, upstream = scene
    made = client.batches.create(
        input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h"
    )
    assert made.id == "batch_1" and json.loads(upstream.requests[-1].body)["input_file_id"] == "file-1"
    assert client.batches.retrieve("batch_1").status == "validating"
    assert client.batches.cancel("batch_1").status == "cancelling"


def test_what_is_too_large_or_not_allowed_never_goes_up(scene: tuple[OpenAI, TestUpstream]) -> None:
    client, upstream = scene
    before = len(upstream.requests)
    with pytest.raises(openai.APIStatusError) as refused:
        client.files.create(file=("x.bin", b"x" * 2**21), purpose="batch")
    assert refused.value.status_code == 413
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.list()
    assert len(upstream.requests) == before
