"""What the engine says of itself: numbers for Prometheus, lines for people or machines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from engine.adapters.log_front import front
from engine.adapters.metrics import Histogram, Metrics, Number
from engine.adapters.redaction import BLOT, is_plain, is_plain_field, is_secret_field, redact
from engine.adapters.tracer import OpenTracer
from engine.memo import Memo
from engine.ports import Fields

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "off": 100}
FORMATS = ("text", "json")

# Longer values are cut: a log line is no place for a prompt.
MAX_VALUE = 2000


# So many lines wait for each other at most, and for so long (seconds).
TOGETHER, WAIT = 32, 0.1
# What a pipe takes in one piece (POSIX: PIPE_BUF), so that the lines of several workers do not mix.
PIECE = 4096

Later = Callable[[float, Callable[[], None]], object]


def to_stderr(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


class Bound(dict[str, object]):
    """Fields and their text."""

    __slots__ = ("text",)

    def __init__(self, fields: Fields, text: str) -> None:
        super().__init__(fields)
        self.text = text


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
        self.tracer: OpenTracer | None = None
        self.threshold = LEVELS[level]
        self._line, self._field, self._float, self._quote = _AS_JSON if format == "json" else _AS_TEXT
        self._begun = Memo(partial(_beginning, self._field))
        self._write = write
        self._now = now
        self._second, self._seconds = -1, ""
        self._later: Later | None = None
        self._waiting: list[tuple[float, str, str, tuple[Fields, ...]] | str] = []
        self.logger = front(self._written, self._put)
        """For lines that are not of the data path: structlog's, with `bind` and context variables."""

    def counter(self, name: str, labels: Mapping[str, str]) -> Number:
        return self.metrics.counter(name, labels)

    def gauge(self, name: str, labels: Mapping[str, str]) -> Number:
        return self.metrics.gauge(name, labels)

    def histogram(self, name: str, labels: Mapping[str, str]) -> Histogram:
        return self.metrics.histogram(name, labels)

    def shows(self, level: str) -> bool:
        return LEVELS.get(level, 100) >= self.threshold

    def bound(self, fields: Fields) -> Fields:
        return Bound(fields, self._text(fields))

    def log(self, level: str, event: str, *fields: Fields) -> None:
        if not self.shows(level):
            return
        if len(fields) == 1:
            self.logger.log(LEVELS[level], event, fields=fields[0])
        else:
            self._put(level, (self._now(), level, event, fields))

    def _put(self, level: str, line: tuple[float, str, str, tuple[Fields, ...]] | str) -> None:
        waiting = self._waiting
        waiting.append(line)
        if self._later is None or len(waiting) == TOGETHER or LEVELS.get(level, 100) > LEVELS["info"]:
            self.flush()
        elif len(waiting) == 1:
            self._later(WAIT, self.flush)

    def gather(self, later: Later | None) -> None:
        """From now on lines up to `info` wait a little for each other; a graver one is written with them.

        Put together one after the other, lines cost a third of what each costs amid its request. `later` is
        the event loop's `call_later`; None, before the loop ends: no line waits any more.
        """
        self._later = later
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        piece = ""
        for each in waiting:
            line = each if isinstance(each, str) else self._put_together(*each)
            if piece and len(piece) + len(line) > PIECE:
                self._write(piece)
                piece = ""
            piece += line
        if piece:
            self._write(piece)

    def _put_together(self, when: float, level: str, event: str, fields: tuple[Fields, ...]) -> str:
        text = "".join([part.text if isinstance(part, Bound) else self._text(part) for part in fields])
        return self._line(self._stamp(when), level, event, text)

    def _written(self, level: str, event: str, fields: Fields) -> str:
        return self._line(self._stamp(self._now()), level, event, self._text(fields))

    def _text(self, fields: Fields) -> str:
        begun, quote, text = self._begun, self._quote, ""
        for name, value in fields.items():
            kind = value.__class__
            if kind is int and (head := begun[name]):
                text += f"{head}{value}"
            elif kind is str and (head := begun[name]) and _is_word(value):
                text += f"{head}{quote}{value}{quote}"
            elif kind is float and (head := begun[name]):
                text += head + self._float(value)
            elif kind is dict and (head := begun[name]) and is_plain(value):
                text += head + _json(value)
            elif value is not None:
                text += _safe(self._field, name, value)
        return text

    def _stamp(self, when: float) -> str:
        """A time of day in UTC, milliseconds cut off; its seconds are written once a second."""
        second = int(when)
        if second != self._second:
            self._second = second
            self._seconds = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._seconds}.{int((when - second) * 1000):03}Z"


def _beginning(write: Callable[[str, object], str], name: str) -> str:
    """What stands before a number in a field; nothing when its name says that a secret follows."""
    return write(name, 0)[:-1] if is_plain_field(name) else ""


def _is_word(value: Any) -> bool:
    """Whether a text may stand in a line as it is: it looks like no key, and needs no escapes."""
    return value.isprintable() and 0 < len(value) <= MAX_VALUE and is_plain(value)


def _safe(write: Callable[[str, object], str], name: str, value: object) -> str:
    """A field as it stands in a line, with nothing in it that looks like a key."""
    if isinstance(value, str) and len(value) > MAX_VALUE:
        value = value[:MAX_VALUE] + "…"
    if is_plain_field(name) and is_plain(value):
        return write(name, value)
    if is_secret_field(name):
        return write(name, BLOT)
    if isinstance(value, str):
        text = write(name, redact(value))
        return text if is_plain_field(name) else redact(text)
    return redact(write(name, value))


def _text_line(stamp: str, level: str, event: str, fields: str) -> str:
    return f"{stamp} {level:<7} {event}{fields}\n"


def _json_line(stamp: str, level: str, event: str, fields: str) -> str:
    return f'{{"time":"{stamp}","level":"{level}","event":{_json(event)}{fields}}}\n'


def _text_field(name: str, value: object) -> str:
    """The value is one word: quoted when it holds a blank, a quote or a control character."""
    if isinstance(value, str):
        bare = value.isprintable() and value and not (" " in value or '"' in value or "=" in value)
        return f" {name}={value if bare else _json(value)}"
    if isinstance(value, float):
        return f" {name}={_six_digits(value)}"
    return f" {name}={value if isinstance(value, int) else _json(value)}"


def _json_field(name: str, value: object) -> str:
    return f",{_json(name)}:{_json(value)}"


def _json(value: object) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # a lone surrogate, say, out of bytes that were no UTF-8
        return json.dumps(value, default=str, skipkeys=True)


_six_digits = "{:.6g}".format
_AS_TEXT = (_text_line, _text_field, _six_digits, "")
_AS_JSON = (_json_line, _json_field, _json, '"')
