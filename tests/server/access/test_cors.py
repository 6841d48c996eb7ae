from __future__ import annotations

import pytest

from engine.events import Inbound
from engine.server.access.auth import ClientKeys, Door
from engine.server.access.cors import cors_headers, preflight_headers
from engine.server.own_pages import OwnPage
from engine.server.page import Page
from engine.snapshot.model import Client
from tests.server.running import running

CLIENT = Client("web", ("digest",))

PAGE = {"origin": "https://app.example"}


@pytest.mark.parametrize(
    ("origins", "request_headers", "allowed"),
    [
        ((), PAGE, None),
        (("*",), {}, None),
        (("*",), PAGE, "*"),
        (("https://app.example",), PAGE, "https://app.example"),
        (("https://other.example",), PAGE, None),
    ],
)
def test_an_origin_is_allowed_when_it_is_listed(
    origins: tuple[str, ...], request_headers: dict[str, str], allowed: str | None
) -> None:
    headers = cors_headers(origins, request_headers)
    assert headers.get("access-control-allow-origin") == allowed
    if allowed:
        assert "x-proxyctl-target" in headers["access-control-expose-headers"]
        assert "x-ratelimit-remaining-tokens" in headers["access-control-expose-headers"]


def test_an_answer_that_depends_on_the_origin_says_so() -> None:
    assert cors_headers(("https://other.example",), PAGE)["vary"] == "origin"


def test_a_preflight_is_told_methods_and_headers() -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, x-a"}
    headers = preflight_headers(["GET", "POST"], asked)
    assert headers["access-control-allow-methods"] == "GET, POST"
    assert headers["access-control-allow-headers"] == "authorization, x-a"
    forged = {**asked, "access-control-request-headers": "a\r\nset-cookie: x"}
    assert preflight_headers(["GET"], forged)["access-control-allow-headers"] == "*"
    assert preflight_headers(["GET"], {}) == {}


async def test_a_page_can_read_answers_and_errors() -> None:
    door = Door(open_to_all=True, local=False, origins=("https://app.example",))
    async with running(door=door) as server:
        preflight = await server.client.options(
            "/v1/chat/completions", headers={**PAGE, "access-control-request-method": "POST"}
        )
        answer = await server.chat(headers=PAGE)
        error = await server.client.get("/nowhere", headers=PAGE)
        malformed = await server.talk(b"GET / HTTP/1.1\r\norigin: https://app.example\r\nx: " + b"a" * 70_000)
    assert (
        preflight.status_code == 204 and preflight.headers["access-control-allow-methods"] == "OPTIONS, POST"
    )
    for reply in (preflight, answer, error):
        assert reply.headers["access-control-allow-origin"] == "https://app.example"
    assert b"431" in malformed.split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("open_to_all", "keys", "origin", "allowed"),
    [
        (False, {}, "https://app.example", None),
        (False, {}, "http://localhost:3000", "http://localhost:3000"),
        (False, {"digest": CLIENT}, "https://app.example", "*"),
        (True, {}, "https://app.example", "*"),
    ],
)
def test_unless_it_is_said_pages_may_come_where_a_key_is_asked_for(
    open_to_all: bool, keys: dict[str, Client], origin: str, allowed: str | None
) -> None:
    door = Door(open_to_all, local=True)
    headers = {"origin": origin}
    asked = Inbound("GET", "/v1/models", {}, headers, b"", "r")
    origins = door.readers(ClientKeys(keys, bool(keys)), asked)
    assert cors_headers(origins, headers).get("access-control-allow-origin") == allowed


async def test_admin_pages_are_for_no_page_that_is_not_named() -> None:
    async def hello(inbound: Inbound) -> Page:
        return Page(200, b"hello")

    pages = {"/admin/config": OwnPage({"GET": hello}, admin=True)}
    async with running(door=Door(open_to_all=True, local=True), pages=pages) as server:
        answer = await server.client.get("/admin/config", headers=PAGE)
        models = await server.client.get("/v1/models", headers=PAGE)
    assert "access-control-allow-origin" not in answer.headers
    assert models.headers["access-control-allow-origin"] == "*"
