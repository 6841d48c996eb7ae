"""A cell: one client protocol, one platform, one feature; what a request and its answer came to."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from pydantic import ValidationError

from tests.matrix.asking import (
    FURTHER,
    PDF,
    PICTURE,
    QUESTION,
    SEED,
    SOUND,
    SYSTEM,
    TIER,
    TOLD,
    TOOL,
    Ask,
    Client,
    Heard,
    Refusal,
    Result,
)
from tests.matrix.clients.anthropic import AnthropicMessages
from tests.matrix.clients.cohere import Cohere
from tests.matrix.clients.genai import Genai
from tests.matrix.clients.mistral import Mistral
from tests.matrix.clients.ollama import Ollama
from tests.matrix.clients.openai_chat import AzureChat, OpenAIChat
from tests.matrix.clients.openai_completions import OpenAICompletions
from tests.matrix.clients.openai_responses import OpenAIResponses
from tests.matrix.engine import engine, platform
from tests.matrix.script import BROKEN, CACHED, OUTPUT, PROMPT, REASONING, REFUSED, SOURCE, Call, Script

CLIENTS: tuple[type[Client], ...] = (
    OpenAIChat, OpenAIResponses, AnthropicMessages, Genai, Ollama, Cohere, Mistral, AzureChat, OpenAICompletions,
)  # fmt: skip
WORDS = Script(text=("Am Rhein, ", "in ", "Köln 世界."))
AFTER = Script(text=("It is ", "18 °C."))
COLOGNE = Call("call_Köln1", TOOL, {"city": "Köln"})
BEIJING = Call("call_beijing2", TOOL, {"city": "北京"})
RIVER = Script(text=('{"river_name":', ' "Rhein"}'))
THOUGHTFUL = Script(thoughts=("Köln? ", "A city."), text=("Am ", "Rhein."))
CITED = Script(text=WORDS.text, cites=True)
LOGGED = Script(text=WORDS.text, logged=True)
TWO = Script(text=WORDS.text, others=("An der Spree.",))


class State(StrEnum):
    WORKS = "works"
    IN_WORDS = "asked for in words"
    TOLD = "not carried, and told"
    LACKING = "the platform has no such thing"
    WORDLESS = "the protocol has no words for it"


class Cell(NamedTuple):
    state: State
    note: str = ""


class Lost(AssertionError):
    """Something went missing, or came out wrong."""


# What a request asks for beside its text.
ASKED_FOR = frozenset({"tools", "parallel", "images", "structured", "reasoning", *FURTHER} - {"citations"})
# What platforms do not have, so that it cannot be carried.
LACKING: dict[str, frozenset[str]] = {
    "coze": frozenset({"tools", "parallel", "structured", "reasoning", "images"}),
    "coze-workflow": frozenset({"tools", "parallel", "structured", "reasoning", "images"}),
    "dify": frozenset({"tools", "parallel", "structured", "reasoning", "images"}),
    "replicate": frozenset({"tools", "parallel", "structured"}),
    "perplexity": frozenset({"tools", "parallel"}),
    "deepseek": frozenset({"images"}),
    "cerebras": frozenset({"images"}),
}


@cache
def client(surface: str) -> Client:
    return next(made() for made in CLIENTS if made.surface == surface)


@cache
def cell(surface: str, dialect: str, feature: str) -> Cell:
    """Raises `Lost` with the reason when it is neither carried nor told."""
    speaker = client(surface)
    if feature not in speaker.can:
        return Cell(State.WORDLESS)
    trial = Trial(speaker, dialect)
    if feature == "citations" and feature not in trial.tells:
        return Cell(State.LACKING)
    try:
        note = (FEATURES | MORE)[feature](trial)
    except (AssertionError, ValidationError) as wrong:
        if not trial.told(feature):
            raise Lost(f"{surface} over {dialect}, {feature}: {wrong}") from wrong
        return Cell(State.LACKING if feature in LACKING.get(dialect, ()) else State.TOLD, trial.why())
    return Cell(State.IN_WORDS if note else State.WORKS, note or "")


class Trial:
    """Requests of one client to one platform."""

    def __init__(self, speaker: Client, dialect: str) -> None:
        self.client = speaker
        self.dialect = dialect
        self.tells = platform(dialect).tells
        self.refusal: Refusal | None = None
        self.lost: set[str] = set()

    def ask(self, script: Script, ask: Ask) -> Heard:
        """Whatever the answer says, the SDK's own types take it."""
        return self.hear(script, ask, lambda: self.client.ask(self.dialect, ask))

    def again(self, script: Script, ask: Ask, heard: Heard, *results: Result) -> Heard:
        return self.hear(script, ask, lambda: self.client.again(self.dialect, ask, heard, results))

    def hear(self, script: Script, ask: Ask, say: Callable[[], Heard]) -> Heard:
        engine().play(script)
        try:
            heard = say()
        except self.client.errors as error:
            self.refusal = self.client.refusal(error)
            raise AssertionError(f"refused: {self.refusal}") from error
        finally:
            self.lost |= set(engine().lost())
        self.client.check(engine().body, stream=ask.stream)
        return heard

    def failing(self, script: Script, ask: Ask) -> Refusal:
        engine().play(script)
        try:
            heard = self.client.ask(self.dialect, ask)
        except self.client.errors as error:
            return self.client.refusal(error)
        raise AssertionError(f"no error was raised: {heard}")

    def told(self, feature: str) -> bool:
        """The engine said what it did not carry: by a header, or by refusing the request before any call."""
        if self.refusal:
            return self.refusal.status == 400 and not engine().upstream.calls
        if feature in ASKED_FOR:
            self.lost -= always_lost(self.client.surface, self.dialect)
        return bool(self.lost)

    def why(self) -> str:
        return ", ".join(sorted(self.lost)) or (self.refusal.message if self.refusal else "")

    def went_up(self, *words: str) -> None:
        sent = engine().sent()
        missing = [word for word in words if not any(form in sent for form in forms(word))]
        assert not missing, f"did not go up: {missing}"


@cache
def always_lost(surface: str, dialect: str) -> frozenset[str]:
    """What is told of the plainest request: no news of a feature."""
    trial = Trial(client(surface), dialect)
    trial.ask(WORDS, Ask())
    return frozenset(trial.lost)


def forms(word: str) -> tuple[str, ...]:
    """As it is, as in a JSON text that is itself a string of JSON, and in the alphabet of URLs, if it is base64."""
    return word, json.dumps(word)[1:-1], word.replace("+", "-").replace("/", "_")


def text(trial: Trial) -> None:
    heard = trial.ask(WORDS, Ask())
    assert (heard.text, heard.finish) == (WORDS.said, "stop")
    asked = [QUESTION] if trial.client.surface == "openai-completions" else [QUESTION, SYSTEM]
    trial.went_up(*asked)


def stream(trial: Trial) -> None:
    heard = trial.ask(WORDS, Ask(stream=True))
    assert (heard.text, heard.finish) == (WORDS.said, "stop")
    pieces = len(WORDS.text) if platform(trial.dialect).stream else 1
    assert heard.pieces >= pieces, f"{heard.pieces} pieces"


def tools(trial: Trial) -> None:
    for streamed in (False, True):
        ask = Ask(stream=streamed, tools=True)
        heard = trial.ask(Script(calls=(COLOGNE,)), ask)
        trial.went_up(TOOL, TOLD, "city")
        assert [(call.name, call.given) for call in heard.calls] == [(TOOL, COLOGNE.given)], heard
        assert heard.finish == "tool_calls"
        after = trial.again(AFTER, ask, heard, Result(COLOGNE, "18 C, sunny"))
        trial.went_up("18 C, sunny", "Köln", TOOL)
        assert (after.text, after.calls) == (AFTER.said, [])


def parallel(trial: Trial) -> None:
    for streamed in (False, True):
        ask = Ask(stream=streamed, tools=True)
        heard = trial.ask(Script(calls=(COLOGNE, BEIJING)), ask)
        assert [call.given for call in heard.calls] == [COLOGNE.given, BEIJING.given], heard
        ids = [call.id for call in heard.calls if call.id]
        assert len(set(ids)) == len(ids)
        after = trial.again(AFTER, ask, heard, Result(COLOGNE, "18 C, sunny"), Result(BEIJING, "30 C, dry"))
        trial.went_up("18 C, sunny", "30 C, dry", "北京")
        assert after.text == AFTER.said


def images(trial: Trial) -> None:
    heard = trial.ask(WORDS, Ask(picture=True))
    trial.went_up(PICTURE, QUESTION)
    assert heard.text == WORDS.said


def structured(trial: Trial) -> str | None:
    heard = trial.ask(RIVER, Ask(schema=True))
    trial.went_up("river_name")
    assert json.loads(heard.text) == {"river_name": "Rhein"}
    return "in words" if trial.lost else None


def reasoning(trial: Trial) -> None:
    """The wish goes up; thoughts come back where the platform tells them."""
    trial.ask(THOUGHTFUL, Ask())
    plain = engine().sent()
    for streamed in (False, True):
        heard = trial.ask(THOUGHTFUL, Ask(think=True, stream=streamed))
        assert engine().sent() != plain and not trial.lost, "the wish did not go up"
        wanted = THOUGHTFUL.thought if "thoughts" in trial.tells else ""
        assert (heard.thoughts, heard.text) == (wanted, THOUGHTFUL.said)


def pdf(trial: Trial) -> None:
    heard = trial.ask(WORDS, Ask(pdf=True))
    trial.went_up(PDF, QUESTION)
    assert heard.text == WORDS.said


def sound(trial: Trial) -> None:
    heard = trial.ask(WORDS, Ask(sound=True))
    trial.went_up(SOUND, QUESTION)
    assert heard.text == WORDS.said


def citations(trial: Trial) -> None:
    for streamed in (False, True):
        heard = trial.ask(CITED, Ask(stream=streamed))
        assert (heard.cited, heard.text) == ([SOURCE], CITED.said), heard


def logprobs(trial: Trial) -> None:
    for streamed in (False, True):
        heard = trial.ask(LOGGED, Ask(stream=streamed, logprobs=True))
        assert "logprobs" in engine().sent().lower(), "the wish did not go up"
        assert (heard.logs, heard.text) == (LOGGED.logs, LOGGED.said), heard


def candidates(trial: Trial) -> None:
    for streamed in (False, True):
        heard = trial.ask(TWO, Ask(stream=streamed, two=True))
        assert (heard.text, heard.others) == (TWO.said, {1: TWO.others[0]}), heard
        assert not trial.lost, "the wish did not go up"


def seed(trial: Trial) -> None:
    trial.ask(WORDS, Ask(seed=True))
    trial.went_up(str(SEED))


def tier(trial: Trial) -> None:
    trial.ask(WORDS, Ask(tier=True))
    trial.went_up(f'"{TIER}"')


def usage(trial: Trial) -> None:
    for streamed in (False, True):
        heard = trial.ask(WORDS, Ask(stream=streamed))
        wanted = {"prompt": PROMPT, "output": OUTPUT}
        wanted |= {"cached": CACHED} if "cached" in trial.tells and "cached" in heard.usage else {}
        wanted |= (
            {"reasoning": REASONING} if "reasoning" in trial.tells and "reasoning" in heard.usage else {}
        )
        assert {name: heard.usage.get(name) for name in wanted} == wanted, heard.usage


def errors(trial: Trial) -> None:
    for streamed in (False, True):
        refusal = trial.failing(Script(fails=True), Ask(stream=streamed))
        assert refusal.status == 429 and REFUSED in refusal.message, refusal
    if platform(trial.dialect).breaks:
        refusal = trial.failing(Script(text=("Am ", "Rhein"), breaks=True), Ask(stream=True))
        assert BROKEN in refusal.message, refusal


FEATURES: dict[str, Callable[[Trial], str | None]] = {
    "text": text,
    "stream": stream,
    "tools": tools,
    "parallel": parallel,
    "images": images,
    "structured": structured,
    "reasoning": reasoning,
    "usage": usage,
    "errors": errors,
}
MORE: dict[str, Callable[[Trial], str | None]] = {
    "pdf": pdf,
    "audio": sound,
    "citations": citations,
    "logprobs": logprobs,
    "candidates": candidates,
    "seed": seed,
    "tier": tier,
}
