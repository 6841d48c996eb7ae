"""The periods of budgets: hours, days, weeks and months of the calendar, in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache

HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0
# 1970-01-01 was a Thursday; weeks begin on Mondays.
FIRST_MONDAY = 4 * DAY


def period(per: str, now: float) -> tuple[float, float]:
    """When the period that `now` is in began, and how many seconds it lasts (`math.inf`: `total`)."""
    return _period(per, now // HOUR)


@lru_cache(maxsize=64)
def _period(per: str, hour: float) -> tuple[float, float]:
    """No period changes in the middle of an hour."""
    now = hour * HOUR
    if per == "hour":
        return now, HOUR
    if per == "day":
        return now - now % DAY, DAY
    if per == "week":
        return now - (now - FIRST_MONDAY) % WEEK, WEEK
    if per == "month":
        begin = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0)
        following = (begin + timedelta(days=31)).replace(day=1)
        return begin.timestamp(), (following - begin).total_seconds()
    return 0.0, math.inf
