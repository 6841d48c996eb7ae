"""The test cases of files: of `x.test.yaml`, under `tests:` of a route file or of a dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.config.document import ParsedFile
from engine.diagnostics import Position
from engine.spec.test_case import DialectTest, SurfaceTest, TestCase
from engine.tree import Mapping, Node, Sequence


@dataclass(frozen=True, slots=True)
class Case:
    """One test and what it tests: a surface, dialect, alias or endpoint. `node` is the test as it is written.

    A surface's test names the dialect whose upstream answers, if it needs one.
    """

    test: DialectTest
    node: Mapping
    dialect: str | None = None
    alias: str | None = None
    surface: str | None = None
    endpoint: str | None = None

    @property
    def name(self) -> str:
        return self.test.name

    @property
    def subject(self) -> str:
        return self.surface or self.dialect or self.alias or self.endpoint or ""

    @property
    def at(self) -> Position:
        return self.node.at


def cases_of(files: Iterable[ParsedFile]) -> Iterator[Case]:
    """Every case of every file that could be read, in written order."""
    for file in files:
        if file.document is None:
            continue
        for test, node in _written(file.document.tests, file.tests):
            if isinstance(test, TestCase):
                yield Case(test, node, test.dialect, test.model, test.surface, test.endpoint)
        for name, dialect in file.document.dialects.items():
            for test, node in _written(dialect.tests or (), dialect.node.get("tests")):
                yield Case(test, node, name)
        for name, surface in file.document.surfaces.items():
            for test, node in _written(surface.tests or (), surface.node.get("tests")):
                if isinstance(test, SurfaceTest):
                    yield Case(test, node, test.dialect, None, name)


def _written(tests: Iterable[DialectTest], node: Node | None) -> Iterator[tuple[DialectTest, Mapping]]:
    """Each test with its node; a test that could not be read is not among `tests`."""
    items = node.items if isinstance(node, Sequence) else ()
    by_place = {item.at: item for item in items if isinstance(item, Mapping)}
    return ((test, by_place[test.at]) for test in tests)
