"""Counters, gauges and histograms in the Prometheus text format, added up over the workers of one machine."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from engine.adapters.catalogue import CATALOGUE, OF_A_WORKER, WHOLE, About

# A label that takes its values from outside must not fill the memory: beyond this, series become "other".
MAX_SERIES = 1000

Labels = tuple[tuple[str, str], ...]


class Number:
    """The value of one series. Implements `ports.Counter` and `ports.Gauge`."""

    __slots__ = ("value",)

    def __init__(self, value: float = 0) -> None:
        self.value = value

    def add(self, amount: float = 1.0) -> None:
        self.value += amount

    def set(self, value: float) -> None:
        self.value = value


class Histogram:
    """How many values fell into each bucket, and one more for the rest. Implements `ports.Histogram`."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float], counts: list[int] | None = None, sum: float = 0.0) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1) if counts is None else counts
        self.sum = sum

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def add(self, other: Histogram) -> None:
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum


Series = dict[Labels, Any]

_BAD_NAME = re.compile(r"[^a-zA-Z0-9_:]")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its series are `Number`s, of a histogram `Histogram`s."""

    kind: str
    series: Series = field(default_factory=dict)


Families = Mapping[str, Family]


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.families: dict[str, Family] = {}

    def counter(self, name: str, labels: Mapping[str, str]) -> Number:
        """What counts under these labels; when there are too many, one that they share."""
        return self._number(name, "counter", labels)

    def gauge(self, name: str, labels: Mapping[str, str]) -> Number:
        return self._number(name, "gauge", labels)

    def histogram(self, name: str, labels: Mapping[str, str]) -> Histogram:
        series, own = self._series(name, "histogram", labels)
        found: Histogram | None = series.get(own)
        if found is None:
            found = series[own] = Histogram(bounds_of(name))
        return found

    def _number(self, name: str, kind: str, labels: Mapping[str, str]) -> Number:
        series, own = self._series(name, kind, labels)
        found: Number | None = series.get(own)
        if found is None:
            found = series[own] = Number()
        return found

    def _series(self, name: str, kind: str, labels: Mapping[str, str]) -> tuple[Series, Labels]:
        family = self.families.get(name)
        if family is None:
            family = self.families[name] = Family(kind)
        own = tuple(sorted(labels.items()))
        if own in family.series or len(family.series) < MAX_SERIES:
            return family.series, own
        return family.series, tuple((label, "other") for label, _ in own)


def bounds_of(name: str) -> Sequence[float]:
    known = CATALOGUE.get(name)
    return known.buckets if known else WHOLE


def added(processes: Iterable[Families]) -> dict[str, Family]:
    """The numbers of all processes as those of one."""
    total: dict[str, Family] = {}
    for families in processes:
        for name, family in families.items():
            into = total.setdefault(name, Family(family.kind)).series
            for labels, value in family.series.items():
                _merge(into, labels, value, CATALOGUE.get(name))
    return total


def lasting(families: Families) -> dict[str, Family]:
    """What stays of the numbers of a process that is gone."""
    return {name: family for name, family in families.items() if family.kind != "gauge"}


def render(processes: Iterable[Families]) -> str:
    """The text that Prometheus scrapes: the numbers of all processes, added up."""
    lines: list[str] = []
    for name, family in sorted(added(processes).items()):
        shown, known = _BAD_NAME.sub("_", name), CATALOGUE.get(name)
        if known:
            lines.append(f"# HELP {shown} {known.help.translate(_HELP_ESCAPES)}")
        lines.append(f"# TYPE {shown} {OF_A_WORKER.get(name, family.kind)}")
        for labels, value in family.series.items():
            if isinstance(value, Histogram):
                lines += _histogram_lines(shown, labels, value)
            else:
                lines.append(_line(shown, labels, value.value))
    return "\n".join(lines) + "\n"


def to_data(families: Families) -> list[list[object]]:
    """Plain JSON data of one process's numbers: rows of name, kind, labels and value."""
    return [
        [name, family.kind, labels, [value.sum, *value.counts] if family.kind == "histogram" else value.value]
        for name, family in families.items()
        for labels, value in family.series.items()
    ]


def from_data(rows: Iterable[Sequence[Any]]) -> dict[str, Family]:
    """The reverse of `to_data`."""
    families: dict[str, Family] = {}
    for name, kind, labels, value in rows:
        own = tuple((key, text) for key, text in labels)
        series = families.setdefault(name, Family(kind)).series
        if kind == "histogram":
            series[own] = Histogram(bounds_of(name), value[1:], value[0])
        else:
            series[own] = Number(value)
    return families


def _merge(series: Series, labels: Labels, value: Any, known: About | None) -> None:
    held = series.get(labels)
    if isinstance(value, Histogram):
        if held is None:
            held = series[labels] = Histogram(value.bounds)
        held.add(value)
    elif held is None:
        series[labels] = Number(value.value)
    elif known is not None and known.kind == "gauge" and not known.added:
        held.value = max(held.value, value.value)
    else:
        held.value += value.value


def _histogram_lines(name: str, labels: Labels, value: Histogram) -> list[str]:
    counts = list(accumulate(value.counts))
    bounds = (*value.bounds, float("inf"))
    return [
        *(
            _line(f"{name}_bucket", (*labels, ("le", _written(bound))), count)
            for bound, count in zip(bounds, counts, strict=True)
        ),
        _line(f"{name}_sum", labels, value.sum),
        _line(f"{name}_count", labels, counts[-1]),
    ]


def _line(name: str, labels: Labels, value: float) -> str:
    pairs = ",".join(f'{_BAD_NAME.sub("_", key)}="{text.translate(_ESCAPES)}"' for key, text in labels)
    return f"{name}{{{pairs}}} {_written(value)}" if pairs else f"{name} {_written(value)}"


def _written(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)
