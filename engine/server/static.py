"""Files that are part of the engine, as pages: scripts, styles, pictures."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.server.own_pages import Asked, PageMaker
from engine.server.page import Page

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = ".gz"

# A file whose name says its version never changes; any other is asked for again, and mostly is as it was.
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "public, no-cache"


def files_of(directory: Path) -> Iterator[str]:
    """The names under which files of a directory are served; a packed one has the name of what is in it."""
    for path in sorted(directory.iterdir()):
        name = path.name.removesuffix(PACKED)
        if Path(name).suffix in TYPES:
            yield name


def static_pages(directory: Path, names: Iterable[str]) -> Iterator[tuple[str, PageMaker]]:
    """Each name with what answers a GET of it."""
    for name in names:
        yield name, _maker(directory / name)


def _maker(path: Path) -> PageMaker:
    versioned = any(character.isdigit() for character in path.stem)
    beside = path.with_name(path.name + PACKED)
    packed = beside.exists()
    always = {
        "cache-control": FOR_EVER if versioned else ASK_AGAIN,
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }

    async def file(asked: Asked) -> Page:
        data = (beside if packed else path).read_bytes()
        headers = {**always, "etag": f'"{hashlib.sha256(data).hexdigest()[:20]}"'}
        if headers["etag"] in asked.inbound.headers.get("if-none-match", ""):
            return Page(304, headers=headers)
        if packed and "gzip" in asked.inbound.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
        elif packed:
            data = gzip.decompress(data)
        return Page(200, data, TYPES[path.suffix], headers)

    return file
