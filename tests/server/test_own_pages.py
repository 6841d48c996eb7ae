from __future__ import annotations

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.server.access.auth import AdminDoor
from engine.server.own_pages import Asked, PageTable, admin_page, own_page
from engine.server.page import Page, json_page
from tests.server.running import running


def asks(path: str = "/", body: bytes = b"", query: dict[str, str] | None = None) -> Asked:
    return Asked(Inbound("POST", path, query or {}, {}, body, "req", "10.0.0.9"))


async def show(asked: Asked) -> Page:
    return json_page({"names": dict(asked.names)})


async def change(asked: Asked) -> Page:
    return json_page({"body": asked.body(), "who": asked.who}, 201)


async def refuse(_: Asked) -> Page:
    raise RequestRefused("there is no such thing", status=404, code="unknown_thing")


PAGES = {
    "/health": own_page(GET=show),
    "/admin/things": admin_page(GET=show, POST=change),
    "/admin/things/{name}": admin_page(GET=show, DELETE=refuse),
    "/admin/things/{name}/parts/{id}": admin_page(GET=show),
}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/health", {}),
        ("/admin/things", {}),
        ("/admin/things/a%2Fb%20c", {"name": "a/b c"}),
        ("/admin/things/a/parts/7", {"name": "a", "id": "7"}),
    ],
)
def test_a_page_is_found_with_the_names_in_its_path(path: str, names: dict[str, str]) -> None:
    hit = PageTable.build(PAGES).find(path)
    assert hit is not None and hit.names == names


@pytest.mark.parametrize("path", ["/admin/things/", "/admin/things/a/parts", "/things/a", "/admin/other/a"])
def test_other_paths_are_no_pages(path: str) -> None:
    assert PageTable.build(PAGES).find(path) is None


async def test_methods_names_and_bodies_over_http() -> None:
    async with running(pages=PAGES) as server:
        shown = await server.client.get("/admin/things/x")
        made = await server.client.post("/admin/things", json={"a": 1})
        empty = await server.client.post("/admin/things")
        wrong = await server.client.put("/admin/things/x")
        broken = await server.client.post("/admin/things", content=b"{")
        lists = await server.client.post("/admin/things", json=[1])
        refused = await server.client.delete("/admin/things/x")
        told = [fields for _, event, fields in server.telemetry.lines if event == "admin"]
    assert shown.json() == {"names": {"name": "x"}}
    assert (made.status_code, made.json()) == (201, {"body": {"a": 1}, "who": "admin@127.0.0.1"})
    assert empty.json()["body"] == {}
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS")
    assert [broken.json()["error"]["code"], lists.json()["error"]["code"]] == ["invalid_json", "invalid_type"]
    assert refused.json()["error"]["message"] == "there is no such thing"
    # Whoever changes something stands in the log, whatever came of it.
    assert [(line["method"], line["status"]) for line in told] == [
        ("POST", 201), ("POST", 201), ("POST", 400), ("POST", 400), ("DELETE", 404),
    ]  # fmt: skip
    assert {line["who"] for line in told} == {"admin@127.0.0.1"}


async def test_pages_with_names_are_behind_the_admin_door() -> None:
    async with running(pages=PAGES, admin_door=AdminDoor("admin-key", local=True)) as server:
        refused = await server.client.delete("/admin/things/x")
        admitted = await server.client.get("/admin/things/x", headers={"x-api-key": "admin-key"})
        assert not [event for _, event, _ in server.telemetry.lines if event == "admin"]
    assert (refused.status_code, admitted.status_code) == (401, 200)


@pytest.mark.parametrize(
    ("said", "meant"), [("", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)]
)
def test_flags_of_a_query(said: str, meant: bool) -> None:
    assert asks(query={"all": said}).flag("all") is meant
    assert asks().flag("all") is False


def test_a_flag_is_yes_or_no() -> None:
    with pytest.raises(RequestRefused, match="all is true or false"):
        asks(query={"all": "maybe"}).flag("all")
