"""What is asked of the ledger, out of words: of a query (`/admin/usage?by=client&since=7d`) or of flags.

What may be asked stands in `storage/summary.py`, which a worker does not load; it refuses the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.spec.forms import seconds

DAY = 86400.0
# How far back it is looked unless it is said.
USUAL = 30 * DAY


def question(params: Mapping[str, str], now: float) -> dict[str, Any]:
    """`by`, `since`, `until`, and names to filter by, with commas between several. Raises ValueError."""
    given = dict(params)
    by = _several(given.pop("by", "")) or ["day"]
    since, until = given.pop("since", ""), given.pop("until", "")
    return {
        "by": by,
        "since": moment(since, now) if since else _days_ago(now, USUAL),
        "until": moment(until, now) if until else None,
        "where": {name: _several(text) for name, text in given.items()},
    }


def moment(text: str, now: float) -> float:
    """Seconds since 1970 of `7d` (ago), `today`, `yesterday`, `all`, a date, or a date and time.

    UTC, unless it says otherwise. Raises ValueError.
    """
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"all": 0.0, "today": today.timestamp(), "yesterday": (today - timedelta(days=1)).timestamp()}
    if text in named:
        return named[text]
    try:
        if text[-1].isalpha() and text[0].isdigit() and "T" not in text:
            return now - seconds(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time: write 7d, 12h, today, yesterday, all, 2030-01-31 or 2030-01-31T12:00"
        raise ValueError(message) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _days_ago(now: float, ago: float) -> float:
    """From the beginning of that day: a day is shown whole."""
    return (now - ago) // DAY * DAY


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
