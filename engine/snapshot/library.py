"""What ships with the engine: dialects and surfaces, written in the same language as a site's own.

The files are part of the program, read once like its modules; they are no input of a site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from engine.config.document import ParsedFile, read_file
from engine.spec.dialect import Dialect
from engine.spec.surface import Surface
from engine.surfaces.registry import SURFACES


class NoSecrets:
    """Implements `ports.Secrets`: neither what ships nor a test depends on the machine."""

    def env(self, name: str) -> str | None:
        return None

    def file(self, path: str) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Library:
    """The shipped files by name (`library/dialects/x.yaml`), and what they declare."""

    files: Mapping[str, ParsedFile]
    dialects: Mapping[str, Dialect]
    surfaces: Mapping[str, Surface]


@cache
def shipped() -> Library:
    """Read the library. What is wrong in it is found by the tests, not by users."""
    parsed: dict[str, ParsedFile] = {}
    dialects: dict[str, Dialect] = {}
    surfaces: dict[str, Surface] = {}
    for name, raw in library_texts(".yaml"):
        if name.endswith(".test.yaml"):
            continue
        found = read_file(name, raw, NoSecrets())
        parsed[name] = found
        if found.document is not None:
            dialects.update(found.document.dialects)
            surfaces.update(found.document.surfaces)
    return Library(parsed, dialects, surfaces)


def shipped_names() -> frozenset[tuple[str, str]]:
    """(kind, name) of everything that a site may refer to without declaring it."""
    library = shipped()
    dialects = {("dialect", name) for name in library.dialects}
    return frozenset(dialects | {("surface", name) for name in {*library.surfaces, *SURFACES.names()}})


def library_texts(ending: str) -> list[tuple[str, bytes]]:
    """Name and bytes of every shipped file with that ending, in order of their names."""
    return sorted(_walk(files("engine") / "library", "library", ending))


def _walk(folder: Traversable, prefix: str, ending: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = f"{prefix}/{entry.name}"
        if entry.is_dir():
            found.extend(_walk(entry, name, ending))
        elif entry.name.endswith(ending):
            found.append((name, entry.read_bytes()))
    return found
