"""The one place where the events of a platform become an orderly answer.

In: events as a mapping yields them, with whatever accents the platform has. Out: the same kinds of events in
good order, which every surface can encode without a memory for such things:

    start       once, before all others
    text, reasoning, refusal, citation, logprobs, audio, image, extra   as they come, without the empty ones
    tool_call   {key, id, name, arguments}: `key` counts the calls of a choice from 0; id and name are in each
                event, arguments are the next piece of JSON text, `{}` in the end for a call without any
    finish      one a choice, when all else was told
    usage       once, settled (see `surfaces.usage`)
    done        the last

or `error`, after which nothing follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.errors import ErrorClass, ErrorInfo
from engine.events import FINISH_REASONS, Event, new_event
from engine.surfaces.answer import Folded, FoldedChoice
from engine.surfaces.choice import Choice
from engine.surfaces.tool_calls import ToolCalls, text_of
from engine.surfaces.usage import merge, settle

Fields = Mapping[str, Any]

NOTHING = "the upstream's answer holds nothing that its mapping reads"

# Words that stand for "not finished yet", beside null.
UNFINISHED = ("", "null")

# Fields of audio that come in pieces of text.
AUDIO_PIECES = ("data", "transcript")


class Fold:
    """`uid(prefix)` makes the ids that a platform left out or used twice.

    `keep` false forgets what was told: then `result()` has neither texts nor arguments, and a stream of any
    length needs little memory.
    """

    def __init__(self, uid: Callable[[str], str], *, keep: bool = True) -> None:
        self._uid = uid
        self._keep = keep
        self._start: dict[str, Any] = {}
        self._started = False
        self._choices: dict[int, Choice] = {}
        self._counts: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._early: dict[int, list[dict[str, Any]]] = {}  # extra before its choice
        self.ended = False
        self.error: ErrorInfo | None = None

    @property
    def usage(self) -> dict[str, Any] | None:
        """Token counts as far as they are known, settled."""
        return settle(self._counts)

    def feed(self, events: Iterable[Event]) -> list[Event]:
        out: list[Event] = []
        for kind, fields, choice in events:
            if self.ended:
                break
            handle = HANDLERS.get(kind)
            if handle is not None:
                handle(self, fields, choice or 0, out)
        return out

    def end(self, *, complete: bool = False) -> list[Event]:
        """The upstream has no more. `complete`: it was one JSON body, which says itself where it ends."""
        if self.ended:
            return []
        if complete and not self._choices:
            return self._fail(NOTHING, "empty_answer")
        unfinished = any(choice.finish is None for choice in self._choices.values())
        if not complete and (unfinished or not self._choices):
            return self._fail("the stream ended before it was complete", "truncated_stream")
        out: list[Event] = []
        self._finish(out)
        return out

    def fail(self, info: ErrorInfo) -> list[Event]:
        """End with an error that is not an event of the upstream's: a broken connection, a time limit."""
        if self.ended:
            return []
        self.ended = True
        self.error = info
        return [Event("error", error_fields(info))]

    def result(self) -> Folded:
        choices = [choice.result() for _, choice in sorted(self._choices.items())]
        return Folded(self._start, choices or [FoldedChoice(0, "stop")], self.usage, self._extra, self.error)

    def _choice(self, index: int, out: list[Event]) -> Choice:
        """The choice that an event is of; content begins the answer."""
        choice = self._choices.get(index)
        if choice is None:
            if not self._started:
                self._started = True
                out.append(Event("start", self._start))
            choice = self._choices[index] = Choice(index, self._uid, self._keep)
            for told in self._early.pop(index, ()):
                choice.note("extra", told)
        return choice

    def _on_start(self, fields: Fields, index: int, out: list[Event]) -> None:
        """Some platforms begin with an empty start, and tell later who they are."""
        if self._started:
            return
        if add_start(self._start, fields):
            self._started = True
            out.append(Event("start", self._start))

    def _on_text(self, fields: Fields, index: int, out: list[Event]) -> None:
        text = fields.get("text")
        if type(text) is not str:
            text = text_of(text)
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choice(index, out)
        choice.add_text(text)
        if text:
            out.append(new_event(("text", {"text": text}, index)))

    def _on_reasoning(self, fields: Fields, index: int, out: list[Event]) -> None:
        told = {name: value for name, value in fields.items() if value}
        if told:
            if "text" in told:
                told["text"] = text_of(told["text"])
            self._choice(index, out).add_reasoning(told)
            out.append(new_event(("reasoning", told, index)))

    def _on_tool_call(self, fields: Fields, index: int, out: list[Event]) -> None:
        choice = self._choice(index, out)
        told = choice.tool_calls.feed(fields)
        if told:
            choice.note("tool_call", told["key"])
            out.append(new_event(("tool_call", told, index)))

    def _on_refusal(self, fields: Fields, index: int, out: list[Event]) -> None:
        text = text_of(fields.get("text"))
        if text:
            self._choice(index, out).add_refusal(text)
            out.append(Event("refusal", {"text": text}, index))

    def _on_citation(self, fields: Fields, index: int, out: list[Event]) -> None:
        told = dict(fields)
        self._choice(index, out).add_citation(told)
        out.append(Event("citation", told, index))

    def _on_logprobs(self, fields: Fields, index: int, out: list[Event]) -> None:
        told = {name: value for name, value in fields.items() if isinstance(value, list)}
        if told:
            self._choice(index, out).add_logprobs(told)
            out.append(Event("logprobs", told, index))

    def _on_audio(self, fields: Fields, index: int, out: list[Event]) -> None:
        told = {
            name: text_of(value) if name in AUDIO_PIECES else value
            for name, value in fields.items()
            if value is not None
        }
        if told:
            self._choice(index, out).add_audio(told)
            out.append(Event("audio", told, index))

    def _on_image(self, fields: Fields, index: int, out: list[Event]) -> None:
        """A whole picture: its bytes in base64, or where they are."""
        told = {name: value for name, value in fields.items() if value}
        if "data" in told or "url" in told:
            self._choice(index, out).add_image(told)
            out.append(Event("image", told, index))

    def _on_extra(self, fields: Fields, index: int, out: list[Event]) -> None:
        told = {name: value for name, value in fields.items() if value is not None}
        if told:
            add_extra(self._extra, told)
            if (choice := self._choices.get(index)) is not None:
                choice.note("extra", told)
            elif self._keep:
                self._early.setdefault(index, []).append(told)
            out.append(Event("extra", told, index))

    def _on_finish(self, fields: Fields, index: int, out: list[Event]) -> None:
        """Told in the end: some platforms say `stop` with every event, or send the calls behind it."""
        reason = finish_reason(fields)
        if reason is None:
            return
        choice = self._choice(index, out)
        if choice.finish is None or reason != "stop":
            choice.finish = reason

    def _on_usage(self, fields: Fields, index: int, out: list[Event]) -> None:
        merge(self._counts, fields)

    def _on_error(self, fields: Fields, index: int, out: list[Event]) -> None:
        out += self.fail(error_info(fields))

    def _on_done(self, fields: Fields, index: int, out: list[Event]) -> None:
        """An end before which nothing was said, not even why it ended, is no answer."""
        if self._choices:
            self._finish(out)
        else:
            out += self._fail(NOTHING, "empty_answer")

    def _finish(self, out: list[Event]) -> None:
        self.ended = True
        choices = sorted(self._choices.items())
        for rest in (ToolCalls.unfilled, ToolCalls.nameless):
            for index, choice in choices:
                out += [Event("tool_call", told, index) for told in rest(choice.tool_calls)]
        out += [new_event(("finish", {"reason": choice.reason}, index)) for index, choice in choices]
        usage = self.usage
        if usage:
            out.append(Event("usage", usage))
        out.append(Event("done", {}))

    def _fail(self, message: str, code: str) -> list[Event]:
        return self.fail(ErrorInfo(ErrorClass.UPSTREAM, message, code))


HANDLERS: dict[str, Callable[[Fold, Fields, int, list[Event]], None]] = {
    "start": Fold._on_start,
    "text": Fold._on_text,
    "reasoning": Fold._on_reasoning,
    "tool_call": Fold._on_tool_call,
    "refusal": Fold._on_refusal,
    "citation": Fold._on_citation,
    "logprobs": Fold._on_logprobs,
    "audio": Fold._on_audio,
    "image": Fold._on_image,
    "finish": Fold._on_finish,
    "usage": Fold._on_usage,
    "extra": Fold._on_extra,
    "error": Fold._on_error,
    "done": Fold._on_done,
}


def add_start(into: dict[str, Any], fields: Fields) -> bool:
    """Add what a `start` says; whether the answer is known well enough to begin."""
    for name, value in fields.items():
        if value is not None and value != "":
            into[name] = value
    return "id" in into


def finish_reason(fields: Fields) -> str | None:
    """One of `FINISH_REASONS`; None for words that stand for "not finished yet"."""
    reason: str | None = fields.get("reason")
    if reason in FINISH_REASONS or reason is None:
        return reason
    if reason in UNFINISHED:
        return None
    return "tool_calls" if reason == "function_call" else "stop"


def add_extra(into: dict[str, Any], fields: Fields) -> None:
    """A name that is told again with another value keeps both: lists grow, other values become a list."""
    for name, value in fields.items():
        before = into.get(name)
        if before is None or before == value:
            into[name] = value
        else:
            into[name] = [*as_list(before), *as_list(value)]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def error_info(fields: Fields) -> ErrorInfo:
    """The `ErrorInfo` of an `error` event; a class that is missing or unknown is `upstream`."""
    given = text_of(fields.get("class"))
    retry_after = fields.get("retry_after")
    return ErrorInfo(
        ErrorClass(given) if given in set(ErrorClass) else ErrorClass.UPSTREAM,
        text_of(fields.get("message")) or "the upstream reported an error",
        text_of(fields.get("code")) or None,
        text_of(fields.get("param")) or None,
        float(retry_after) if isinstance(retry_after, int | float) else None,
        type_override=fields.get("type"),
    )


def error_fields(info: ErrorInfo) -> dict[str, Any]:
    """The fields of the `error` event for an `ErrorInfo`; only the engine's own errors have a `type`."""
    fields = {
        "message": info.message,
        "class": info.error_class.value,
        "code": info.code,
        "param": info.param,
        "retry_after": info.retry_after,
        "type": info.type_override,
    }
    return {name: value for name, value in fields.items() if value is not None}
