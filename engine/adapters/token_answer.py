"""What a token endpoint answered: a token and its time, or why there is none (RFC 6749, section 5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed, class_of_status

# Seconds: where the endpoint does not say how long it lasts.
LASTS = 300.0
SHORTEST = 1.0
# Renewed so long before its end, or this share of its time; at the very end it is not used any more.
AHEAD, SHARE, LAST_SHARE = 300.0, 0.2, 0.02
MOST_TOLD = 300
# What RFC 6749 calls an error of the client that asks.
BUSY = (ErrorClass.RATE_LIMIT, ErrorClass.TIMEOUT, ErrorClass.OVERLOADED, ErrorClass.UPSTREAM)


@dataclass(frozen=True, slots=True)
class Token:
    """Times since 1970."""

    value: str = field(repr=False)
    obtained: float
    expires: float

    @property
    def due(self) -> float:
        """When it is to be renewed."""
        return self.expires - min(AHEAD, SHARE * (self.expires - self.obtained))

    @property
    def good_until(self) -> float:
        return self.expires - min(AHEAD, LAST_SHARE * (self.expires - self.obtained))

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: Any) -> Token | None:
        """The reverse of `to_data`."""
        return cls(**data) if data else None


def read_token(status: int, body: bytes, now: float, host: str) -> Token:
    """Raises `UpstreamFailed`; an endpoint's words are told, but never what it may have been told."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    answer = data if isinstance(data, dict) else {}
    value = answer.get("access_token")
    if 200 <= status < 300 and isinstance(value, str) and value.isprintable() and value:
        return Token(value, now, now + _lasts(answer, now))
    raise UpstreamFailed(_refusal(status, answer, host))


def _lasts(answer: dict[str, Any], now: float) -> float:
    seconds = _number(answer.get("expires_in"))
    if seconds is None:
        end = _number(answer.get("expires_on"))
        seconds = LASTS if end is None else end - now
    return max(SHORTEST, seconds)


def _number(value: Any) -> float | None:
    """Some endpoints write their numbers as text."""
    if isinstance(value, str) and value.isdecimal():
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _refusal(status: int, answer: dict[str, Any], host: str) -> ErrorInfo:
    said = [answer[name] for name in ("error", "error_description") if isinstance(answer.get(name), str)]
    words = ": ".join(said)[:MOST_TOLD] or "its answer gives no access_token"
    found = ErrorClass.UPSTREAM if status < 400 else class_of_status(status)
    error_class = found if found in BUSY else ErrorClass.AUTH
    message = f"the token endpoint {host} answered with status {status}: {words}"
    return ErrorInfo(error_class, message, "token_refused")
