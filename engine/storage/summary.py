"""What usage comes to: summed up by whatever is asked, of single requests and of the sums of days alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from engine.storage.database import Database, Refused, rows_of
from engine.storage.tables import USAGE, USAGE_DAYS
from engine.storage.usage import DAY, HOUR, SUMS, TOKENS, sums

# How time is written, by what it is divided into.
TIMES = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "month": "%Y-%m"}

# What usage is summed up by, as it is asked for, and the column that it is.
BY = {
    "client": "client", "group": "groups", "surface": "surface", "model": "alias", "provider": "provider",
    "target": "target", "credential": "credential", "operation": "operation",
}  # fmt: skip
NAMES = (*TIMES, *BY)


@dataclass(frozen=True, slots=True)
class Question:
    """`by` are `NAMES`; times are seconds since 1970; `where` is names of `BY`, each with what it may be."""

    by: tuple[str, ...] = ("day",)
    since: float | None = None
    until: float | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Question:
        """Out of JSON. Raises `Refused`."""
        by, where = tuple(args.get("by") or ("day",)), dict(args.get("where") or {})
        for name in by:
            if name not in NAMES:
                raise Refused(f"usage is summed up by {', '.join(NAMES)}, not {name!r}", "invalid_value")
        for name in where:
            if name not in BY:
                raise Refused(f"usage is filtered by {', '.join(BY)}, not {name!r}", "invalid_value")
        if len({name for name in by if name in TIMES}) > 1 or len(set(by)) < len(by):
            raise Refused("usage is summed up by one measure of time, and by each name once", "invalid_value")
        return cls(by, args.get("since"), args.get("until"), {k: tuple(v) for k, v in where.items()})


async def summary(database: Database, question: Question) -> list[dict[str, Any]]:
    """One row a group: its names, then what it comes to. By time if that is asked, else the dearest first.

    `cost` is of the requests whose cost is known, None when it is of none; `unpriced` says how many are left
    out of it. Means are of the requests that have a time.
    """
    found: dict[tuple[str | None, ...], dict[str, Any]] = {}
    async with database.read() as connection:
        for chosen in (_of_requests(question), _of_days(question)):
            for row in rows_of(await connection.execute(chosen)):
                _merge(found, _labels(question, row), row)
    rows = [{**dict(zip(question.by, labels, strict=True)), **_told(sum_)} for labels, sum_ in found.items()]
    if question.by[0] in TIMES:
        return sorted(rows, key=lambda row: [str(row[name] or "") for name in question.by])
    return sorted(rows, key=lambda row: (-(row["cost"] or 0.0), -row["requests"], str(row[question.by[0]])))


async def told(database: Database, args: Mapping[str, Any]) -> dict[str, Any]:
    """A summary as JSON data: what was asked, the rows, and what they come to. Raises `Refused`."""
    question = Question.of(args)
    rows = await summary(database, question)
    asked = {"by": list(question.by), "since": question.since, "until": question.until}
    return {**asked, "rows": rows, "total": total(rows)}


def total(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all rows of a summary come to. Means are weighted by requests."""
    whole: dict[str, Any] = {"requests": 0}
    for name in ("requests", "failed", "aborted", "attempts", "unpriced"):
        whole[name] = sum(row[name] for row in rows)
    for name in (*TOKENS, "cost"):
        known = [row[name] for row in rows if row[name] is not None]
        whole[name] = sum(known) if known else None
    for name in ("ms", "first_byte_ms"):
        timed = [(row[name], row["requests"]) for row in rows if row[name] is not None]
        weight = sum(count for _, count in timed)
        whole[name] = sum(value * count for value, count in timed) / weight if weight else None
    return whole


def _of_requests(question: Question) -> Select[Any]:
    by = [_time(question, USAGE.c.hour, 24), *(USAGE.c[BY[name]] for name in question.by if name in BY)]
    chosen = select(*(part for part in by if part is not None), *_labelled(sums()))
    if question.since is not None:
        chosen = chosen.where(USAGE.c.at >= question.since)
    if question.until is not None:
        chosen = chosen.where(USAGE.c.at < question.until)
    return _narrowed(chosen, question, USAGE).group_by(*(part for part in by if part is not None))


def _of_days(question: Question) -> Select[Any]:
    """Days whose single requests are gone; one counts whole if any of it is asked for."""
    day = USAGE_DAYS.c.day
    by = [_time(question, day, 1), *(USAGE_DAYS.c[BY[name]] for name in question.by if name in BY)]
    made = {name: func.sum(USAGE_DAYS.c[name]) for name in SUMS}
    chosen = select(*(part for part in by if part is not None), *_labelled(made))
    if question.since is not None:
        chosen = chosen.where(day >= int(question.since // DAY))
    if question.until is not None:
        chosen = chosen.where(day * DAY < question.until)
    return _narrowed(chosen, question, USAGE_DAYS).group_by(*(part for part in by if part is not None))


def _time(question: Question, column: ColumnElement[Any], in_a_day: int) -> ColumnElement[Any] | None:
    """Days, or hours where the column has them; months are put together afterwards."""
    asked = [name for name in question.by if name in TIMES]
    if not asked:
        return None
    if asked[0] == "hour" and in_a_day > 1:
        return column.label("hour_")
    return (column if in_a_day == 1 else column // in_a_day).label("day_")


def _labelled(made: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [expression.label(f"{name}_") for name, expression in made.items()]


def _narrowed(chosen: Select[Any], question: Question, table: Any) -> Select[Any]:
    for name, wanted in question.where.items():
        chosen = chosen.where(table.c[BY[name]].in_(wanted))
    return chosen


def _labels(question: Question, row: Mapping[str, Any]) -> tuple[str | None, ...]:
    def label(name: str) -> Any:
        if name in BY:
            return row[BY[name]]
        seconds = row["hour_"] * HOUR if "hour_" in row else row["day_"] * DAY
        return datetime.fromtimestamp(int(seconds), UTC).strftime(TIMES[name])

    return tuple(label(name) for name in question.by)


def _merge(
    found: dict[tuple[str | None, ...], dict[str, Any]],
    labels: tuple[str | None, ...],
    row: Mapping[str, Any],
) -> None:
    held = found.setdefault(labels, dict.fromkeys(SUMS))
    for name in SUMS:
        value = row[f"{name}_"]
        if value is not None:
            held[name] = (held[name] or 0) + value


def _told(sums_: Mapping[str, Any]) -> dict[str, Any]:
    """Plain numbers: some databases sum up whole numbers as decimals."""
    requests, priced, timed = (int(sums_[name] or 0) for name in ("requests", "priced", "timed"))
    return {
        "requests": requests,
        **{name: int(sums_[name] or 0) for name in ("failed", "aborted", "attempts")},
        **{name: None if sums_[name] is None else int(sums_[name]) for name in TOKENS},
        "cost": float(sums_["cost"] or 0.0) if priced else None,
        "unpriced": requests - priced,
        "ms": float(sums_["ms"] or 0.0) / requests if requests else None,
        "first_byte_ms": float(sums_["first_byte_ms"] or 0.0) / timed if timed else None,
    }
