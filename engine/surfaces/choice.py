"""One choice of an answer while its events are folded."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from engine.surfaces.answer import FoldedChoice, Thought
from engine.surfaces.tool_calls import ToolCalls

Fields = dict[str, Any]


class Choice:
    """What was told of one choice. `keep` false keeps no texts."""

    def __init__(self, index: int, uid: Callable[[str], str], keep: bool) -> None:
        self.index = index
        self.finish: str | None = None
        self.tool_calls = ToolCalls(uid, keep)
        self._keep = keep
        self._text: list[str] | None = None
        self._thoughts: list[Thought] = []
        self._thinking: list[str] = []
        self._refusal: list[str] = []
        self._citations: list[Fields] = []
        self._logprobs: dict[str, list[Any]] = {}
        self._audio: Fields = {}
        self._audio_data: list[str] = []
        self._images: list[Fields] = []
        self._order: list[list[Any]] = []
        self._thought: list[Any] | None = None

    @property
    def reason(self) -> str:
        return true_reason(self.finish, calls=bool(self.tool_calls))

    def add_text(self, text: str) -> None:
        if self._text is None:
            self._text = []
        if self._keep and text:
            self._text.append(text)
            self._slot("text")[1].append(text)

    def add_reasoning(self, fields: Fields) -> None:
        """A signature closes the block before it; fields of a platform's own without a text are a block."""
        if not self._keep:
            return
        if self._thought is None:
            self._order.append(["reasoning", None])
            self._thought = self._order[-1]
        self._thinking.append(fields.get("text", ""))
        signature, extra = fields.get("signature"), fields.get("extra")
        if signature or extra:
            if not signature and "text" not in fields:
                self._close_thought()
            self._close_thought(signature, extra)

    def add_refusal(self, text: str) -> None:
        if self._keep:
            self._refusal.append(text)
            self._slot("refusal")[1].append(text)

    def add_citation(self, fields: Fields) -> None:
        if self._keep:
            self._citations.append(fields)
            self._slot("text")[2].append(fields)

    def note(self, kind: str, value: Any) -> None:
        """A tool call, by its key, or fields of a platform's own: where they stand in the content."""
        if self._keep and not (self._order and self._order[-1][:2] == [kind, value]):
            self._order.append([kind, value])

    def add_logprobs(self, fields: Fields) -> None:
        if self._keep:
            for name, items in fields.items():
                self._logprobs.setdefault(name, []).extend(items)

    def add_audio(self, fields: Fields) -> None:
        """Data and transcript come in pieces, the rest at once."""
        if not self._keep:
            return
        self._audio |= {name: value for name, value in fields.items() if name not in ("data", "transcript")}
        self._audio_data += [fields["data"]] if "data" in fields else []
        if "transcript" in fields:
            self._audio["transcript"] = self._audio.get("transcript", "") + fields["transcript"]

    def add_image(self, fields: Fields) -> None:
        if self._keep:
            self._images.append(fields)
            self._order.append(["image", fields])

    def result(self) -> FoldedChoice:
        self._close_thought()
        return FoldedChoice(
            index=self.index,
            finish=self.reason,
            text=None if self._text is None else "".join(self._text),
            thoughts=tuple(self._thoughts),
            refusal="".join(self._refusal) or None,
            tool_calls=self.tool_calls.result(),
            citations=self._citations,
            logprobs=self._logprobs or None,
            audio=self._whole_audio(),
            images=tuple(self._images),
            parts=self.parts,
        )

    @property
    def parts(self) -> list[tuple[str, Any]]:
        """(text, (text, citations)), (reasoning, Thought), (tool_call, key), (refusal, text),
        (image, fields), (extra, …)."""
        told: list[tuple[str, Any]] = []
        seen: set[Any] = set()
        for kind, *values in self._order:
            if kind == "text":
                told.append((kind, ("".join(values[0]), values[1])))
            elif kind == "refusal":
                told.append((kind, "".join(values[0])))
            elif kind == "tool_call":
                told += [] if values[0] in seen else [(kind, values[0])]
                seen.add(values[0])
            elif values[0] is not None:
                told.append((kind, values[0]))
        return told

    def _slot(self, kind: str) -> list[Any]:
        """The last part, if it is of this kind, else a new one."""
        if not self._order or self._order[-1][0] != kind:
            self._order.append([kind, [], []])
        return self._order[-1]

    def _close_thought(self, signature: str | None = None, extra: Fields | None = None) -> None:
        text = "".join(self._thinking)
        self._thinking.clear()
        if text or signature or extra:
            thought = Thought(text, signature, extra)
            self._thoughts.append(thought)
            if self._thought is None:
                self._order.append(["reasoning", thought])
            else:
                self._thought[1] = thought
        self._thought = None

    def _whole_audio(self) -> Fields | None:
        if self._audio_data:
            return {**self._audio, "data": joined(self._audio_data)}
        return self._audio or None


def true_reason(finish: str | None, *, calls: bool) -> str:
    """Why a choice ended, corrected: platforms say `stop` for calls, and `tool_calls` for none."""
    if calls:
        return "tool_calls" if finish is None or finish == "stop" else finish
    return "stop" if finish is None or finish == "tool_calls" else finish


def joined(pieces: list[str]) -> str:
    """One base64 text of several; each may have padding of its own."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return base64.b64encode(b"".join(base64.b64decode(piece) for piece in pieces)).decode()
    except binascii.Error:
        return "".join(pieces)
