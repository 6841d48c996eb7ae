"""What the upstream answers, in each format of `site/formats.yaml`, as bytes ready to be written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from engine.bench.order import Order

SITE = Path(__file__).parent / "site"
PLACEHOLDER = json.dumps("$TEXT")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's bytes: before its events, its events (in turns), behind them."""

    begin: bytes
    events: tuple[bytes, ...]
    end: bytes


@dataclass(frozen=True)
class Format:
    """How one wire format looks. `path` is a piece of the paths that it is asked for at."""

    name: str
    title: str
    path: str
    whole: str
    begin: str
    each: str
    end: str

    def answer(self, order: Order) -> bytes:
        """A whole answer."""
        return self.whole.replace(PLACEHOLDER, json.dumps(order.text)).encode()

    def stream(self, order: Order) -> Stream:
        events = (self.each.replace(PLACEHOLDER, json.dumps(piece)).encode() for piece in order.pieces)
        return Stream(self.begin.encode(), tuple(events), self.end.encode())


@lru_cache(maxsize=1)
def formats() -> dict[str, Format]:
    """By name, in the file's order."""
    tree = yaml.safe_load((SITE / "formats.yaml").read_bytes())
    return {name: _format(name, given) for name, given in tree["formats"].items()}


def format_of(path: str) -> Format | None:
    return next((each for each in formats().values() if each.path in path), None)


def _format(name: str, given: Mapping[str, Any]) -> Format:
    begin, end = ("".join(map(_frame, given[key])) for key in ("begin", "end"))
    return Format(
        name, given["title"], given["path"], _json(given["whole"]), begin, _frame(given["each"]), end
    )


def _frame(given: Mapping[str, Any]) -> str:
    """One server-sent event."""
    data = given["data"] if isinstance(given["data"], str) else _json(given["data"])
    event = f"event: {given['event']}\n" if "event" in given else ""
    return f"{event}data: {data}\n\n"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
