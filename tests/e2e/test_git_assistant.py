"""The example `git-assistant`, spoken to as the clients of the service before it speak."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer

EXAMPLE = Path(__file__).parents[2] / "examples/git-assistant"
TASKS: list[tuple[str, dict[str, Any], str]] = [
    ("git-error", {"command": ["git", "push", "--force"], "error_message": "rejected"}, "solution"),
    ("code-review", {"diff": "+ x = 1"}, "analysis"),
    ("commit-qa", {"question": "Who wrote this?"}, "answer"),
]


def upstream(request: Request) -> Answer:
    if request.headers.get("authorization") != "Bearer sk-mine":
        return json_answer({"error": {"message": "bad key"}}, 401)
    user = request.json["messages"][-1]["content"]
    message = {"role": "assistant", "content": f"\n{request.json['model']} on: {user}\n"}
    return json_answer({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


class Service:
    def __init__(self, site: Path, upstream: TestUpstream, **env: str) -> None:
        shutil.copytree(EXAMPLE, site)
        base = {"OPENAI_API_BASE": f"{upstream.url}/v1", "OPENAI_MODEL": "m-1", "HOST": "127.0.0.1"}
        self.engine = EngineProcess(site, env={**base, **env})
        self.site = site

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return httpx.post(f"{self.engine.url}{path}", json=body, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def platform() -> Iterator[TestUpstream]:
    with TestUpstream(upstream) as running:
        yield running


@pytest.fixture(scope="module")
def plain(platform: TestUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("plain") / "site", platform)
    with service.engine:
        yield service


@pytest.fixture(scope="module")
def closed(platform: TestUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With a token, and errors as text."""
    env = {"REQUIRE_AUTH": "True", "API_TOKEN": "tok", "ERRORS_AS_TEXT": "true"}
    service = Service(tmp_path_factory.mktemp("closed") / "site", platform, **env)
    with service.engine:
        yield service


@pytest.mark.parametrize(("task", "body", "field"), TASKS)
@pytest.mark.parametrize("slash", ["/", ""])
def test_a_task_with_the_caller_s_key(
    plain: Service, task: str, body: dict[str, Any], field: str, slash: str
) -> None:
    answer = plain.post(f"/v1/{task}{slash}", {**body, "api_key": "sk-mine"})
    assert answer.status_code == 200
    assert list(answer.json()) == [field] and answer.json()[field].startswith("m-1 on: ")


@pytest.mark.parametrize(("task", "body", "field"), TASKS)
def test_errors_have_their_status_or_are_text(
    plain: Service, closed: Service, task: str, body: dict[str, Any], field: str
) -> None:
    wrong = {**body, "api_key": "sk-wrong"}
    assert plain.post(f"/v1/{task}/", body).status_code == 401
    assert plain.post(f"/v1/{task}/", wrong).json() == {"detail": "bad key"}
    token = {"authorization": "Bearer tok"}
    missing = closed.post(f"/v1/{task}/", body, **token)
    assert (missing.status_code, missing.json()[field][:32]) == (200, "Error: No API key provided by cl")
    refused = closed.post(f"/v1/{task}/", wrong, **token)
    assert (refused.status_code, refused.json()) == (200, {field: "Error calling LLM API: bad key"})


def test_fields_that_are_missing_are_listed(plain: Service, closed: Service) -> None:
    for service in (plain, closed):
        answer = service.post("/v1/git-error/", {"command": ["git"]}, authorization="Bearer tok")
        assert answer.status_code == 422
        assert answer.json()["detail"] == [
            {"loc": ["body", "error_message"], "msg": "Field required", "type": "missing"}
        ]


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "Missing authentication token"),
        ({"authorization": "Bearer nope"}, "Invalid authentication token"),
    ],
)
def test_the_token(closed: Service, headers: dict[str, str], detail: str) -> None:
    answer = closed.post("/v1/commit-qa/", TASKS[2][1], **headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["www-authenticate"] == "Bearer"


def test_what_is_open(closed: Service) -> None:
    url = closed.engine.url
    assert httpx.get(f"{url}/health").json() == {"status": "healthy"}
    assert httpx.get(url).json()["docs_url"] == "/docs"


def test_a_prompt_file_of_old_is_served_as_soon_as_it_is_saved(plain: Service) -> None:
    file = plain.site / "prompts" / "commit_qa.toml"
    file.write_text('[system]\ncontent = "Old system."\n\n[user]\ntemplate = """\nOld: {{ question }}\n"""\n')
    for _ in range(100):
        answer = plain.post("/v1/commit-qa/", {"question": "{{ question }}", "api_key": "sk-mine"}).json()
        if "Old:" in answer["answer"]:
            break
    assert answer == {"answer": "m-1 on: Old: {{ question }}"}
