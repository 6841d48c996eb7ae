"""What the tests entered: places of YAML whose generated code ran, and keys of tables that were looked up.

Generated code keeps the place of each of its lines, so Python's own tracing says which YAML was at work; the
tables are swapped, in the traced modules, for ones that remember what they were asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from engine.diagnostics import Position
from engine.mapping.dialect import Dialect
from engine.mapping.surface import SurfacePrograms
from engine.spec.dialect import Dialect as Declared
from engine.spec.surface import Surface as DeclaredSurface
from engine.testing.points import Point, points, table_keys


class WatchedTable(dict[str, Any]):
    """A table that remembers the keys that were asked for."""

    # Generated code takes nothing but a dict itself for an object.
    __class__ = dict  # type: ignore[assignment]

    def __init__(self, table: Mapping[str, Any], asked: set[str]) -> None:
        super().__init__(table)
        self.asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


@dataclass(slots=True)
class Traced:
    """The generated code of a dialect or a surface: `lines` are the places of its lines, `asked` the keys by
    table.
    """

    dialect: Dialect | SurfacePrograms
    lines: Sequence[Position | None]
    asked: dict[str, set[str]]

    def swap(self, namespace: dict[str, Any]) -> None:
        """Put watched tables in the place of the module's own."""
        for name, value in list(namespace.items()):
            if type(value) is not dict:
                continue
            for table, data in self.dialect.tables.items():
                if value == data:
                    namespace[name] = WatchedTable(value, self.asked[table])


class Tracer:
    """Traces the generated code of dialects while it is entered (`with tracer:`), in this thread."""

    def __init__(self, dialects: Iterable[Dialect | SurfacePrograms]) -> None:
        self.entered: set[Position] = set()
        self._files = dict(_traced(dialects))
        self._swapped: set[int] = set()

    def asked(self, kind: type[Dialect] | type[SurfacePrograms]) -> dict[tuple[str, str], set[str]]:
        """The keys that were looked up, by the name of the dialect, or of the surface, and the table."""
        return {
            (traced.dialect.name, table): keys
            for traced in self._files.values()
            if isinstance(traced.dialect, kind)
            for table, keys in traced.asked.items()
        }

    @property
    def places(self) -> set[Position]:
        """Every place that has code."""
        return {at for traced in self._files.values() for at in traced.lines if at is not None}

    def __enter__(self) -> Tracer:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        traced = self._files.get(frame.f_code.co_filename)
        if traced is None:
            return None
        if id(frame.f_globals) not in self._swapped:
            self._swapped.add(id(frame.f_globals))
            traced.swap(frame.f_globals)
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            at = self._files[frame.f_code.co_filename].lines[frame.f_lineno - 1]
            if at is not None:
                self.entered.add(at)
        return self._line


def _traced(dialects: Iterable[Dialect | SurfacePrograms]) -> Iterator[tuple[str, Traced]]:
    """The generated file of each; every function of a dialect stands in the same one."""
    for dialect in dialects:
        if dialect.any_program is not None:
            file, lines = dialect.any_program.lines()
            yield file, Traced(dialect, lines, {table: set() for table in dialect.tables})


@dataclass(frozen=True, slots=True)
class Covered:
    """A point, and whether a test entered it."""

    point: Point
    entered: bool


def coverage(
    declared: Mapping[str, Declared], tracer: Tracer, surfaces: Mapping[str, DeclaredSurface] | None = None
) -> list[Covered]:
    """Every point of these dialects and surfaces, by place. What one that extends another enters counts for
    both.
    """
    found = [
        *_covered(declared, tracer, tracer.asked(Dialect)),
        *_covered(surfaces or {}, tracer, tracer.asked(SurfacePrograms)),
    ]
    return sorted(found, key=lambda covered: covered.point.at)


def _covered(
    declared: Mapping[str, Declared] | Mapping[str, DeclaredSurface],
    tracer: Tracer,
    asked: Mapping[tuple[str, str], set[str]],
) -> list[Covered]:
    places = tracer.places
    found = [
        Covered(point, not tracer.entered.isdisjoint(point.region))
        for dialect in declared.values()
        for point in points(dialect.node)
        # A region without code of its own (all literal) is part of what stands around it.
        if not places.isdisjoint(point.region)
    ]
    for name, dialect in declared.items():
        family = heirs(name, declared)
        for key in table_keys(dialect.node):
            entered = any(key.key in asked.get((heir, key.table), ()) for heir in family)
            found.append(Covered(Point("table key", f"{key.table}.{key.key}", key.at), entered))
    return found


def heirs(name: str, declared: Mapping[str, Declared] | Mapping[str, DeclaredSurface]) -> set[str]:
    """A dialect and all that extend it, directly or not."""
    family = {name}
    while more := {n for n, d in declared.items() if d.extends in family} - family:
        family |= more
    return family


def uncovered(found: Iterable[Covered]) -> list[Point]:
    return [covered.point for covered in found if not covered.entered]
