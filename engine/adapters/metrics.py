"""Counters, gauges and histograms in the Prometheus text format, added up over the workers of one machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# A label that takes its values from outside must not fill the memory: beyond this, series become "other".
MAX_SERIES = 1000
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)

Labels = tuple[tuple[str, str], ...]
Series = dict[Labels, float]

_BAD_NAME = re.compile(r"[^a-zA-Z0-9_:]")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: `kind` is counter, gauge or histogram (whose series are its `_bucket _sum _count`)."""

    kind: str
    series: dict[str, Series] = field(default_factory=dict)

    def of(self, name: str) -> Series:
        return self.series.setdefault(name, {})


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.families: dict[str, Family] = {}

    def count(self, name: str, labels: Mapping[str, str], amount: float = 1.0) -> None:
        _add(self._family(name, "counter").of(name), tuple(sorted(labels.items())), amount)

    def gauge(self, name: str, labels: Mapping[str, str], value: float) -> None:
        series = self._family(name, "gauge").of(name)
        series[_bounded(series, tuple(sorted(labels.items())))] = value

    def observe(self, name: str, labels: Mapping[str, str], value: float) -> None:
        """Put `value` (seconds) into the histogram `name`."""
        family, own = self._family(name, "histogram"), tuple(sorted(labels.items()))
        own = _bounded(family.of(f"{name}_count"), own)
        for limit in (*(bound for bound in BUCKETS if value <= bound), float("inf")):
            bucket = (*own, ("le", _number(limit)))
            series = family.of(f"{name}_bucket")
            series[bucket] = series.get(bucket, 0.0) + 1.0
        _add(family.of(f"{name}_sum"), own, value)
        _add(family.of(f"{name}_count"), own, 1.0)

    def _family(self, name: str, kind: str) -> Family:
        return self.families.setdefault(name, Family(kind))


def render(processes: Iterable[Mapping[str, Family]]) -> str:
    """The text that Prometheus scrapes: the numbers of all processes, added up."""
    total: dict[str, Family] = {}
    for families in processes:
        for name, family in families.items():
            into = total.setdefault(name, Family(family.kind))
            for part, series in family.series.items():
                for labels, value in series.items():
                    _merge(into.of(part), labels, value, family.kind)
    lines: list[str] = []
    for name in sorted(total):
        lines.append(f"# TYPE {_BAD_NAME.sub('_', name)} {total[name].kind}")
        for part, series in total[name].series.items():
            lines.extend(_line(part, labels, value) for labels, value in series.items())
    return "\n".join(lines) + "\n"


def to_data(families: Mapping[str, Family]) -> list[list[object]]:
    """Plain JSON data of one process's numbers: rows of name, kind, part, labels, value."""
    return [
        [name, family.kind, part, labels, value]
        for name, family in families.items()
        for part, series in family.series.items()
        for labels, value in series.items()
    ]


def from_data(rows: Iterable[tuple[str, str, str, list[list[str]], float]]) -> dict[str, Family]:
    """The reverse of `to_data`."""
    families: dict[str, Family] = {}
    for name, kind, part, labels, value in rows:
        family = families.setdefault(name, Family(kind))
        family.of(part)[tuple((key, text) for key, text in labels)] = value
    return families


def _add(series: Series, labels: Labels, amount: float) -> None:
    labels = _bounded(series, labels)
    series[labels] = series.get(labels, 0.0) + amount


def _bounded(series: Series, labels: Labels) -> Labels:
    if labels in series or len(series) < MAX_SERIES:
        return labels
    return tuple((name, "other") for name, _ in labels)


def _merge(series: Series, labels: Labels, value: float, kind: str) -> None:
    """Counts add up; of a gauge the greatest counts, since every worker reports the same thing."""
    held = series.get(labels)
    series[labels] = value if held is None else max(held, value) if kind == "gauge" else held + value


def _line(name: str, labels: Labels, value: float) -> str:
    pairs = ",".join(f'{_BAD_NAME.sub("_", key)}="{text.translate(_ESCAPES)}"' for key, text in labels)
    return f"{_BAD_NAME.sub('_', name)}{{{pairs}}} {_number(value)}" if pairs else f"{name} {_number(value)}"


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)
