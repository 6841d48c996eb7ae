"""A whole answer folded at one go: what `fold.Fold` makes of all its events, where nobody waits for them.

Most whole answers are one choice of text or calls, and need none of the memory that a stream needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.events import Event
from engine.surfaces.answer import Folded, FoldedChoice, new_folded
from engine.surfaces.choice import true_reason
from engine.surfaces.fold import Fold, add_start, finish_reason
from engine.surfaces.tool_calls import ToolCalls, text_of
from engine.surfaces.usage import merge, settle

# Kinds of events that a simple answer is made of, in its one choice.
SIMPLE = frozenset({"start", "text", "tool_call", "finish", "usage"})


def fold_complete(events: Sequence[Event], uid: Callable[[str], str]) -> Folded:
    """The answer that these events are; its `error` says why they are none."""
    for kind, _, choice in events:
        if choice or kind not in SIMPLE:
            return _folded(events, uid)
    return _simple(events, uid) or _folded(events, uid)


def _folded(events: Sequence[Event], uid: Callable[[str], str]) -> Folded:
    fold = Fold(uid)
    fold.feed(events)
    fold.end(complete=True)
    return fold.result()


def _simple(events: Sequence[Event], uid: Callable[[str], str]) -> Folded | None:
    """The answer of `SIMPLE` events; None when they hold no content."""
    start: dict[str, Any] = {}
    counts: dict[str, Any] = {}
    texts: list[str] = []
    calls: ToolCalls | None = None
    finish: str | None = None
    begun = False
    for kind, fields, _ in events:
        if kind == "text":
            text = fields.get("text")
            texts.append(text if type(text) is str else text_of(text))
        elif kind == "usage":
            merge(counts, fields)
        elif kind == "tool_call":
            calls = calls if calls is not None else ToolCalls(uid, keep=True)
            calls.feed(fields)
        elif kind == "finish":
            reason = finish_reason(fields)
            finish = reason if finish is None or reason not in (None, "stop") else finish
        elif not (begun or texts or calls is not None or finish):
            begun = add_start(start, fields)
    if not texts and calls is None and finish is None:
        return None
    if calls is not None:
        calls.end()
    told = calls.result() if calls is not None else []
    reason = true_reason(finish, calls=bool(told))
    choice = FoldedChoice(0, reason, "".join(texts) if texts else None, (), None, told, [])
    return new_folded((start, [choice], settle(counts), {}, None))
