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

    @property
    def reason(self) -> str:
        """Why the choice ended, corrected: platforms say `stop` for calls, and `tool_calls` for none."""
        if self.tool_calls and self.finish in (None, "stop"):
            return "tool_calls"
        if not self.tool_calls and self.finish == "tool_calls":
            return "stop"
        return self.finish or "stop"

    def add_text(self, text: str) -> None:
        if self._text is None:
            self._text = []
        if self._keep and text:
            self._text.append(text)

    def add_reasoning(self, fields: Fields) -> None:
        """A signature closes the block before it; fields of a platform's own without a text are a block."""
        if not self._keep:
            return
        self._thinking.append(fields.get("text", ""))
        signature, extra = fields.get("signature"), fields.get("extra")
        if signature or extra:
            if not signature and "text" not in fields:
                self._close_thought()
            self._close_thought(signature, extra)

    def add_refusal(self, text: str) -> None:
        if self._keep:
            self._refusal.append(text)

    def add_citation(self, fields: Fields) -> None:
        if self._keep:
            self._citations.append(fields)

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
        )

    def _close_thought(self, signature: str | None = None, extra: Fields | None = None) -> None:
        text = "".join(self._thinking)
        self._thinking.clear()
        if text or signature or extra:
            self._thoughts.append(Thought(text, signature, extra))

    def _whole_audio(self) -> Fields | None:
        if self._audio_data:
            return {**self._audio, "data": joined(self._audio_data)}
        return self._audio or None


def joined(pieces: list[str]) -> str:
    """One base64 text of several; each may have padding of its own."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return base64.b64encode(b"".join(base64.b64decode(piece) for piece in pieces)).decode()
    except binascii.Error:
        return "".join(pieces)
