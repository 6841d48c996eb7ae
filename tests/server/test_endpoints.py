from __future__ import annotations

import pytest

from engine.server.endpoints import EndpointTable
from engine.snapshot.model import Endpoint


def endpoint(path: str, kind: str = "surface", methods: tuple[str, ...] = ("POST",)) -> Endpoint:
    return Endpoint(path, path, methods, kind, "openai-chat")


TABLE = EndpointTable.build(
    [
        endpoint("/v1/chat/completions"),
        endpoint("/v1/git-error/"),
        endpoint("/v1/models", "models", ("GET",)),
        endpoint("/v1/things/{id}", methods=("GET",)),
        endpoint("/v1/things/{id}", methods=("DELETE",)),
        endpoint("/v1beta/models/{model}:generate"),
        endpoint("/raw/{path}", "pass"),
        endpoint("/raw/special/{path}", "pass"),
        endpoint("/a.b/{x}"),
    ]
)


@pytest.mark.parametrize(
    ("path", "found", "captured"),
    [
        ("/v1/chat/completions", "/v1/chat/completions", {}),
        ("/v1/chat/completions/", "/v1/chat/completions", {}),
        ("/v1//chat/completions", "/v1/chat/completions", {}),
        ("/v1/git-error", "/v1/git-error/", {}),
        ("/v1/models", "/v1/models", {}),
        ("/v1/models/org/model", "/v1/models", {"path": "org/model"}),
        ("/v1beta/models/m-1:generate", "/v1beta/models/{model}:generate", {"model": "m-1"}),
        ("/raw/v1/files?x", "/raw/{path}", {"path": "v1/files?x"}),
        ("/raw/special/x", "/raw/special/{path}", {"path": "x"}),
        ("/raw/a%2Fb", "/raw/{path}", {"path": "a%2Fb"}),
    ],
)
def test_a_path_finds_its_endpoint(path: str, found: str, captured: dict[str, str]) -> None:
    hits = TABLE.match(path)
    assert [(hit.endpoint.path, dict(hit.captured)) for hit in hits] == [(found, captured)]


@pytest.mark.parametrize("path", ["/", "/v1/chat", "/v1/things/a/b", "/aXb/1", "*", ""])
def test_a_path_that_is_nobodys(path: str) -> None:
    assert TABLE.match(path) == []


def test_endpoints_of_one_path_differ_by_method() -> None:
    assert [hit.endpoint.methods for hit in TABLE.match("/v1/things/7")] == [("GET",), ("DELETE",)]


def test_the_longest_beginning_decides_among_many() -> None:
    paths = [f"/p{number}/{{path}}" for number in range(500)]
    table = EndpointTable.build(endpoint(path, "pass") for path in ["/{path}", *paths, "/p7/x/{path}"])
    assert [hit.endpoint.path for hit in table.match("/p7/x/y")] == ["/p7/x/{path}"]
    assert [hit.endpoint.path for hit in table.match("/p499/x")] == ["/p499/{path}"]
    assert [hit.endpoint.path for hit in table.match("/other")] == ["/{path}"]
    assert len(table.lengths) < 10


def test_somebody_lost_is_told_the_way() -> None:
    assert TABLE.suggest("/v1/chat/completion") == "did you mean /v1/chat/completions?"
    assert TABLE.suggest("/x").startswith("there are: /a.b/{x}, /raw/special/{path}, ")
    assert EndpointTable.build([]).suggest("/x") == "there are none"


def test_a_way_through_may_allow_some_paths_only() -> None:
    raw = Endpoint("raw", "/v1/{path}", ("GET",), "pass", "openai-chat", allow=("files", "files/*"))
    table = EndpointTable.build([raw, endpoint("/v1/chat/completions")])
    for path in ("/v1/files", "/v1/files/f-1/content"):
        assert [hit.endpoint.name for hit in table.match(path)] == ["raw"], path
    for path in (
        "/v1/fine-tunes", "/v1/filesystem", "/v1/files/../admin", "/v1/files/%2e%2E/admin", "/v1/files/..%2fadmin",
        "/v1/files/..%5cadmin", "/v1/files/./x",
    ):  # fmt: skip
        assert not table.match(path), path
    assert [hit.endpoint.kind for hit in table.match("/v1/chat/completions")] == ["surface"]
