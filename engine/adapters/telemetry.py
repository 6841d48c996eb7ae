"""What the engine says of itself: numbers for Prometheus, lines for people or machines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson

from engine.adapters.metrics import Metrics
from engine.adapters.redaction import BLOT, SECRET_FIELDS, redact

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "off": 100}
FORMATS = ("text", "json")

# Longer values are cut: a log line is no place for a prompt.
MAX_VALUE = 2000


def to_stderr(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()


class SystemTelemetry:
    """Implements `ports.Telemetry`: log lines from `level` upwards, as `text` or `json`, redacted."""

    def __init__(
        self,
        level: str = "info",
        format: str = "text",
        write: Callable[[str], None] = to_stderr,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.metrics = Metrics()
        self.threshold = LEVELS[level]
        self._format = _as_json if format == "json" else _as_text
        self._write = write
        self._now = now

    def count(self, name: str, labels: Mapping[str, str], amount: float = 1.0) -> None:
        self.metrics.count(name, labels, amount)

    def observe(self, name: str, labels: Mapping[str, str], value: float) -> None:
        """Put `value` (seconds) into the histogram `name`."""
        self.metrics.observe(name, labels, value)

    def log(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        if LEVELS.get(level, 100) < self.threshold:
            return
        stamp = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        shown = {name: _shown(name, value) for name, value in fields.items() if value is not None}
        self._write(redact(self._format(stamp.replace("+00:00", "Z"), level, event, shown)) + "\n")


def _shown(name: str, value: object) -> object:
    if name.lower() in SECRET_FIELDS:
        return BLOT
    if isinstance(value, str) and len(value) > MAX_VALUE:
        return value[:MAX_VALUE] + "…"
    return value


def _as_json(stamp: str, level: str, event: str, fields: Mapping[str, object]) -> str:
    row = {"time": stamp, "level": level, "event": event, **fields}
    return _json(row)


def _as_text(stamp: str, level: str, event: str, fields: Mapping[str, object]) -> str:
    pairs = "".join(f" {name}={_word(value)}" for name, value in fields.items())
    return f"{stamp} {level:<7} {event}{pairs}"


def _word(value: object) -> str:
    """A value as one word: quoted when it holds a blank, a quote or a control character."""
    if isinstance(value, float):
        return f"{value:.6g}"
    plain = isinstance(value, str) and value.isprintable() and value != "" and not set(value) & set(' "=')
    if plain or isinstance(value, int):
        return str(value)
    return _json(value)


def _json(value: object) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # a lone surrogate, say, out of bytes that were no UTF-8
        return json.dumps(value, default=str, skipkeys=True)
