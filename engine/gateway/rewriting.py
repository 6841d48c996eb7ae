"""Keyword rules at work: on the request before it goes up, on the answer before it goes down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.events import Event, new_event
from engine.gateway.plan import Place
from engine.gateway.request import Request
from engine.ports import Telemetry
from engine.rules.json_text import JsonText
from engine.rules.rewriter import Chain, Rewriter
from engine.rules.rule import ANSWER, REQUEST, Applied, ByPart
from engine.surfaces.answer import Folded, FoldedChoice, Thought, ToolCall

MATCHES = "proxyctl_rule_matches_total"

ARGUMENTS, INPUT = "tool_arguments", "tool_input"

# Event -> what part of an answer its text is, and the field that it stands in.
TEXTS = {
    "text": ("text", "text"),
    "refusal": ("text", "text"),
    "reasoning": ("reasoning", "text"),
    "tool_call": (ARGUMENTS, "arguments"),
    "audio": ("text", "transcript"),
}
# Of a citation these are no words.
NO_WORDS = frozenset({"type", "id", "url", "file_id", "encrypted_index"})

Machine = Chain | JsonText


def rules_of(request: Request, place: Place) -> Applied | None:
    """The rules of the client (its groups' among them), of the model, of the provider; None for most."""
    book = request.snapshot.rules
    if book is None:
        return None
    client = request.client.rules if request.client else ()
    return book.applied[client + place.leg.alias.rules + place.provider.rules]


def with_rules(request: Request, place: Place, rules: ByPart, telemetry: Telemetry | None = None) -> Place:
    """The place, with the texts of the request rewritten; the same when no rule finds anything.

    Without `telemetry` nothing is counted.
    """
    machines = Machines(rules, REQUEST, telemetry)

    def rewrite(part: str, text: str) -> str:
        machine = machines.get(part)
        return machine.whole(text) if machine else text

    leg = place.leg
    body, chat = request.surface.rewrite(leg.body, leg.chat, rewrite)
    if body is leg.body and chat is leg.chat:
        return place
    leg = leg._replace(body=body, chat=chat)
    return Place(leg, place.target, place.model)


class Machines:
    """What rewrites each part; one that has ended begins anew with the next text."""

    __slots__ = ("_made", "_rules", "_side", "_telemetry")

    def __init__(self, rules: ByPart, side: str, telemetry: Telemetry | None) -> None:
        self._rules = rules
        self._side = side
        self._telemetry = telemetry
        self._made: dict[str, Machine | None] = {}

    def get(self, part: str) -> Machine | None:
        if part not in self._made:
            self._made[part] = self.fresh(part)
        return self._made[part]

    def fresh(self, part: str) -> Machine | None:
        """One for a text of its own, which may go on beside others; None where no rule reads."""
        rules = self._rules.get(ARGUMENTS if part == INPUT else part)
        if not rules:
            return None
        chain = Chain([Rewriter(rule, self._counted(rule.name)) for rule in rules])
        return JsonText(chain) if part == ARGUMENTS else chain

    def _counted(self, rule: str) -> Callable[[], None]:
        if self._telemetry is None:
            return lambda: None
        counter = self._telemetry.counter(MATCHES, {"rule": rule, "on": self._side})
        return lambda: counter.add()


class AnswerRules:
    """One answer on its way: `feed` its events, in good order, or rewrite it `whole`.

    A text that is held back comes out before anything else of its choice does; arguments, whose end shows in
    themselves, when they go on.
    """

    __slots__ = ("_machines", "_open")

    def __init__(self, rules: ByPart, telemetry: Telemetry) -> None:
        self._machines = Machines(rules, ANSWER, telemetry)
        self._open: dict[int, dict[tuple[str, Any], OpenText]] = {}

    def feed(self, events: Iterable[Event]) -> list[Event]:
        out: list[Event] = []
        for event in events:
            if event.kind in TEXTS:
                self._text(event, out)
            elif event.kind == "citation":
                out.append(new_event(("citation", self._citation(event.fields), event.choice)))
            elif event.kind != "logprobs" or not self._machines.get("text"):
                # Logprobs would tell, token by token, what was there before.
                self._end_before(event, out)
                out.append(event)
        return out

    def end(self) -> list[Event]:
        """What is still held back."""
        out: list[Event] = []
        for choice in sorted(self._open):
            self._close(choice, out)
        return out

    def whole(self, folded: Folded) -> Folded:
        return folded._replace(choices=[self._choice(choice) for choice in folded.choices])

    def _text(self, event: Event, out: list[Event]) -> None:
        kind, fields, choice = event
        part, name = TEXTS[kind]
        slot = (kind, fields.get("key") if kind == "tool_call" else None)
        texts = self._open.setdefault(choice, {})
        for other in [known for known, text in texts.items() if known != slot and not text.lasts]:
            out += _rest(texts.pop(other), choice)
        opened = texts.get(slot)
        if opened is None:
            machine = self._machines.fresh(_part_of_call(fields) if kind == "tool_call" else part)
            opened = texts[slot] = OpenText(kind, name, machine)
        told = opened.feed(fields)
        if told is not None:
            out.append(new_event((kind, told, choice)))

    def _end_before(self, event: Event, out: list[Event]) -> None:
        if event.kind == "finish":
            self._close(event.choice, out)
        elif event.kind in ("error", "done"):
            out += self.end()

    def _close(self, choice: int, out: list[Event]) -> None:
        for text in self._open.pop(choice, {}).values():
            out += _rest(text, choice)

    def _citation(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        machine = self._machines.get("text")
        return {
            name: machine.whole(value)
            if machine and isinstance(value, str) and name not in NO_WORDS
            else value
            for name, value in fields.items()
        }

    def _choice(self, choice: FoldedChoice) -> FoldedChoice:
        text, audio = self._machines.get("text"), choice.audio
        if audio and text and isinstance(audio.get("transcript"), str):
            audio = {**audio, "transcript": text.whole(audio["transcript"])}
        return replace(
            choice,
            text=self._whole("text", choice.text),
            refusal=self._whole("text", choice.refusal),
            thoughts=[self._thought(thought) for thought in choice.thoughts],
            tool_calls=[self._call(call) for call in choice.tool_calls],
            citations=[self._citation(citation) for citation in choice.citations],
            logprobs=None if text else choice.logprobs,
            audio=audio,
            parts=[(kind, self._part(kind, value)) for kind, value in choice.parts],
        )

    def _part(self, kind: str, value: Any) -> Any:
        """One of `FoldedChoice.parts`."""
        if kind == "text":
            text, citations = value
            return self._whole("text", text), [self._citation(citation) for citation in citations]
        if kind == "reasoning":
            return self._thought(value)
        return self._whole("text", value) if kind == "refusal" else value

    def _thought(self, thought: Thought) -> Thought:
        return thought._replace(text=self._whole("reasoning", thought.text) or "")

    def _call(self, call: ToolCall) -> ToolCall:
        part = _part_of_call({"extra": call.extra})
        return call._replace(arguments=self._whole(part, call.arguments) or "")

    def _whole(self, part: str, text: str | None) -> str | None:
        machine = self._machines.get(part)
        return machine.whole(text) if machine and text else text


# What stands in each event of a tool call, and tells nothing new.
SAME = frozenset({"key", "id", "name"})
NOTHING: frozenset[str] = frozenset()


class OpenText:
    """A text of one choice that is being told. `lasts`: its end shows in itself, whatever comes between."""

    __slots__ = ("_machine", "_name", "_same", "_told", "kind", "lasts")

    def __init__(self, kind: str, name: str, machine: Machine | None) -> None:
        self.kind = kind
        self.lasts = isinstance(machine, JsonText)
        self._name = name
        self._machine = machine
        self._same: dict[str, Any] = {}
        self._told = False

    def feed(self, fields: dict[str, Any]) -> dict[str, Any] | None:
        """The fields to tell, None when all is held back. A thought ends where its platform signs it."""
        machine, text = self._machine, fields.get(self._name)
        if machine is None:
            return fields
        piece = machine.feed(text) if isinstance(text, str) else ""
        if self.kind == "reasoning" and (fields.get("signature") or fields.get("extra")):
            piece += machine.end()
        begins = self.kind == "tool_call" and not self._told
        same = SAME if self.kind == "tool_call" else NOTHING
        self._same = {name: fields[name] for name in same if name in fields}
        if not (piece or begins or any(name != self._name and name not in same for name in fields)):
            return None
        self._told = True
        return {**fields, self._name: piece} if piece or text is not None else fields

    def end(self) -> dict[str, Any] | None:
        """What is left to tell."""
        rest = self._machine.end() if self._machine else ""
        return {**self._same, self._name: rest} if rest else None


def _rest(text: OpenText, choice: int) -> list[Event]:
    fields = text.end()
    return [new_event((text.kind, fields, choice))] if fields else []


def _part_of_call(fields: Mapping[str, Any]) -> str:
    """Tools of one's own kind take bare text, all others JSON."""
    extra = fields.get("extra")
    return INPUT if isinstance(extra, Mapping) and extra.get("type") == "custom" else ARGUMENTS


def names_of(rules: Applied | None) -> Mapping[str, Sequence[str]]:
    """What `explain` says: the rules' names by what they hold for."""
    if rules is None:
        return {}
    return {side: names for side in (REQUEST, ANSWER) if (names := rules.names(side))}
