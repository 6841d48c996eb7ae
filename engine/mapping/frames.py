"""Frames of a client's stream: `{event: name, data: {…}}` becomes the bytes of one, in the order written."""

from __future__ import annotations

import ast
from typing import Any

import orjson

from engine.expression.code import method, name
from engine.mapping.block import Block, Expression, Sink
from engine.mapping.runtime import TemplateError, kind_of
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Value, if_present, value_of
from engine.mapping.spot import Spot
from engine.mapping.statements import constant, run
from engine.tree import Entry

KEYS = ("event", "data", "text")
HINT = "a frame is an object: {event: name, data: {…}}, or {text: …} for what is no JSON"


def data_frame(event: Any, data: Any) -> tuple[str | None, bytes]:
    """A frame of JSON."""
    if event is not None and not isinstance(event, str):
        raise TemplateError(f"the event of a frame needs a text, got {kind_of(event)}")
    return event, orjson.dumps(data)


def text_frame(event: Any, text: Any) -> tuple[str | None, bytes]:
    """A frame of plain text."""
    if not isinstance(text, str):
        raise TemplateError(f"the text of a frame needs a text, got {kind_of(text)}")
    return event, text.encode("utf-8", "replace")


class Frames(Value):
    """A list of frames that grows: (event or None, payload)."""

    mode = "frames"

    def __init__(self, out: str) -> None:
        self.out = out
        self.leading = (name(out),)

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        block.error(block.here.at, "bad-frame", "a frame is wanted here", block.here.path, HINT)
        return []

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]:
        return if_present(block, found, self.yielded)

    def yielded(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return self._append(block, data_frame, constant(None), value)

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        return [statement for item in spot.items() for statement in block.write(item, self)]

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        written = {entry.key: spot.of(entry) for entry in entries}
        strange = next((entry for entry in entries if entry.key not in KEYS), None)
        if spread is not None or strange is not None or ("data" in written) == ("text" in written):
            at = strange.key_at if strange else spot.at
            hint = suggestion(strange.key, KEYS) if strange else None
            block.error(
                at,
                "bad-frame",
                "a frame has `data`, or `text`, and may have an `event`",
                spot.path,
                hint or HINT,
            )
            return []
        first, event = value_of(block, written["event"]) if "event" in written else ([], constant(None))
        make, payload = (data_frame, "data") if "data" in written else (text_frame, "text")
        then, value = value_of(block, written[payload])
        return [*first, *then, *self._append(block, make, event, value)]

    def rounds(self) -> Sink | None:
        return self

    def _append(self, block: Block, make: Any, event: ast.expr, value: ast.expr) -> list[ast.stmt]:
        return [run(method(name(self.out), "append", block.use(make, event, value)))]
