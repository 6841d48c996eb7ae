from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from engine.server.own_pages import own_page
from engine.server.static import files_of, static_pages
from tests.server.running import running


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "own.css").write_text("a{}")
    (tmp_path / "lib-1.2.3.js.gz").write_bytes(gzip.compress(b"let a", mtime=0))
    (tmp_path / "secret.yaml").write_text("no")
    (tmp_path / "LICENSE.txt").write_text("yes")
    return tmp_path


async def test_files_are_served_with_their_type_and_kept_by_browsers(directory: Path) -> None:
    names = list(files_of(directory))
    assert names == ["LICENSE.txt", "lib-1.2.3.js", "own.css"]
    pages = {f"/{name}": own_page(GET=make) for name, make in static_pages(directory, names)}
    async with running(pages=pages) as server:
        css = await server.client.get("/own.css")
        again = await server.client.get("/own.css", headers={"if-none-match": css.headers["etag"]})
        packed = await server.client.get("/lib-1.2.3.js", headers={"accept-encoding": "gzip"})
        plain = await server.client.get("/lib-1.2.3.js", headers={"accept-encoding": "identity"})
        head = await server.client.head("/own.css")
        missing = await server.client.get("/secret.yaml")
    assert (css.text, css.headers["content-type"]) == ("a{}", "text/css; charset=utf-8")
    assert "no-cache" in css.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    assert packed.headers["content-encoding"] == "gzip" and packed.text == plain.text == "let a"
    assert "content-encoding" not in plain.headers and "immutable" in plain.headers["cache-control"]
    assert (head.status_code, head.content, missing.status_code) == (200, b"", 404)
