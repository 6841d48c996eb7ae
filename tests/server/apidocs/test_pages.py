from __future__ import annotations

import pytest

from engine.server.access.auth import ClientKeys
from engine.server.apidocs.pages import ASSETS, DOCUMENT, docs_pages
from engine.server.ingress import Served
from engine.snapshot.model import Endpoint
from engine.spec.settings import Settings
from tests.server.running import running, says_ok, snapshot

AUTO = Settings()


async def test_the_document_and_its_readers() -> None:
    served = [Served.of(snapshot())]
    async with running(pages=docs_pages(AUTO, True, lambda: served[0])) as server:
        first = await server.client.get(DOCUMENT)
        for path in ("/docs", "/redoc"):
            page = await server.client.get(path)
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "unsafe-eval" not in page.headers["content-security-policy"]
            for part in ("src", "stylesheet"):
                assert part in page.text
        moved = await server.client.get("/docs/", follow_redirects=False)
        served[0] = Served.of(
            snapshot(endpoints=(Endpoint("x", "/x", ("POST",), "surface", "openai-chat"),), generation="2")
        )
        after = await server.client.get(DOCUMENT)
        served[0] = Served(served[0].snapshot, served[0].endpoints, ClientKeys({}, asked=True))
        asked = await server.client.get(DOCUMENT)
    assert first.json()["openapi"].startswith("3.1") and "/v1/chat/completions" in first.json()["paths"]
    assert moved.headers["location"] == "../docs"
    assert list(after.json()["paths"]) == ["/x"], "a reload is followed"
    assert (
        asked.json()["paths"]["/x"]["post"]["security"]
        and not after.json()["paths"]["/x"]["post"]["security"]
    )


async def test_a_site_that_has_the_path_wins() -> None:
    own = snapshot(
        endpoints=(Endpoint("docs", "/docs", ("GET",), "constant", "openai-chat", answer={"own": 1}),)
    )
    async with running(says_ok, served=own, pages=docs_pages(AUTO, True, lambda: None)) as server:
        assert (await server.client.get("/docs")).json() == {"own": 1}


@pytest.mark.parametrize(
    ("setting", "local", "headers", "status"),
    [
        ("auto", True, {}, 200),
        ("auto", True, {"x-forwarded-for": "203.0.113.9"}, 403),
        ("auto", True, {"host": "evil.example"}, 403),
        ("auto", False, {}, 403),
        ("on", False, {"x-forwarded-for": "203.0.113.9"}, 200),
        ("off", True, {}, 404),
    ],
)
async def test_who_may_read_them(setting: str, local: bool, headers: dict[str, str], status: int) -> None:
    pages = docs_pages(Settings(docs=setting), local, lambda: Served.of(snapshot()))  # type: ignore[arg-type]
    async with running(pages=pages) as server:
        for path in ("/docs", "/redoc", DOCUMENT, "/docs/assets/docs.css"):
            assert (await server.client.get(path, headers=headers)).status_code == status


async def test_before_anything_is_loaded() -> None:
    async with running(pages=docs_pages(AUTO, True, lambda: None)) as server:
        assert (await server.client.get(DOCUMENT)).status_code == 503


def test_whose_the_files_are_is_told() -> None:
    notice = (ASSETS / "NOTICE.txt").read_text()
    for path in ASSETS.glob("*.gz"):
        assert path.name.removesuffix(".gz") in notice
    for licence in ASSETS.glob("LICENSE-*"):
        assert licence.name in notice
