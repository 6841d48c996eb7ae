"""Usage as text: a table, bars, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.cli.console import Console

Row = Mapping[str, Any]

SUMS = (
    "requests", "failed", "aborted", "attempts", "prompt", "output", "cache_read", "cache_write",
    "reasoning", "cost", "unpriced", "ms", "first_byte_ms",
)  # fmt: skip
# What bars may show, and its unit.
MEASURES = ("cost", "requests", "tokens", "failed", "ms")

EIGHTHS = " ▏▎▍▌▋▊▉"
# More bars than this are not filled up with those of nothing.
MOST_BARS = 400
STEPS = {"hour": ("%Y-%m-%d %H:00", timedelta(hours=1)), "day": ("%Y-%m-%d", timedelta(days=1))}


def dollars(row: Row) -> str:
    """`$1.2345`; what is not known is said, never left out."""
    cost, unpriced = row["cost"], row["unpriced"]
    if cost is None:
        return "unknown" if row["requests"] else "$0"
    text = f"${cost:,.2f}" if cost >= 100 else "$0" if cost == 0 else f"${cost:,.4f}"
    return f"{text} + {unpriced} unknown" if unpriced else text


def amount(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def table(told: Row, console: Console) -> None:
    by, rows = told["by"], list(told["rows"])
    header = [*(name.upper() for name in by), "REQUESTS", "FAILED", "PROMPT", "CACHED", "OUTPUT"]
    header += ["FIRST BYTE", "WHOLE", "COST"]
    cells = [[*(row[name] or "-" for name in by), *_numbers(row)] for row in rows]
    if len(rows) > 1:
        cells.append(["total", *[""] * (len(by) - 1), *_numbers(told["total"])])
    columns = list(zip(header, *cells, strict=True))
    first = len(by)
    columns[first:] = [
        tuple(cell.rjust(max(map(len, column))) for cell in column) for column in columns[first:]
    ]
    head, *body = ([*row] for row in zip(*columns, strict=True))
    console.table(body, header=head)


def _numbers(row: Row) -> list[str]:
    counts = [amount(row[name]) for name in ("requests", "failed", "prompt", "cache_read", "output")]
    times = ["-" if row[name] is None else f"{row[name]:,.0f} ms" for name in ("first_byte_ms", "ms")]
    return [*counts, *times, dollars(row)]


def as_csv(told: Row) -> str:
    """One line a row, numbers as they are; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*told["by"], *SUMS])
    for row in told["rows"]:
        writer.writerow([_cell(row[name]) for name in (*told["by"], *SUMS)])
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Names come from clients: a spreadsheet must not take one for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t"):
        return f"'{value}"
    return "" if value is None else value


def plot(told: Row, measure: str, console: Console, width: int, until: float) -> None:
    """Bars, the longest as wide as there is room; time has no gaps."""
    rows = list(_without_gaps(told, until))
    labels = [" · ".join(str(row[name] or "-") for name in told["by"]) for row in rows]
    values = [_measured(row, measure) for row in rows]
    texts = [_text(row, measure, value) for row, value in zip(rows, values, strict=True)]
    side = max(map(len, labels), default=0)
    room = max(10, width - side - max(map(len, texts), default=0) - 3)
    most = max(values, default=0.0) or 1.0
    for label, value, text in zip(labels, values, texts, strict=True):
        console.line(f"{label:<{side}}  {console.paint('name', bar(value / most * room))} {text}".rstrip())


def bar(length: float) -> str:
    whole, rest = divmod(round(length * 8), 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def _measured(row: Row, measure: str) -> float:
    if measure == "tokens":
        return float((row["prompt"] or 0) + (row["output"] or 0))
    return float(row[measure] or 0)


def _text(row: Row, measure: str, value: float) -> str:
    if measure == "cost":
        return dollars(row)
    return f"{value:,.0f} ms" if measure == "ms" else f"{value:,.0f}"


def _without_gaps(told: Row, until: float) -> Iterator[Row]:
    """Days, or hours, of which there is nothing are rows, too."""
    rows: Sequence[Row] = told["rows"]
    if list(told["by"]) not in (["day"], ["hour"]) or not rows:
        yield from rows
        return
    name = told["by"][0]
    pattern, step = STEPS[name]
    known = {row[name]: row for row in rows}
    at = datetime.strptime(rows[0][name], pattern).replace(tzinfo=UTC)
    last = datetime.fromtimestamp(min(told["until"] or until, until), UTC)
    if (last - at) / step > MOST_BARS:
        yield from rows
        return
    empty = {**dict.fromkeys(SUMS), "requests": 0, "unpriced": 0}
    while at <= last:
        label = at.strftime(pattern)
        yield known.get(label) or {**empty, name: label}
        at += step
