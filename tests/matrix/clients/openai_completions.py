"""The OpenAI SDK: legacy completions, which know nothing but text."""

from __future__ import annotations

import json
from collections.abc import Sequence

import httpx2
import openai
from openai.types import Completion

from tests.matrix.asking import QUESTION, SEED, Ask, Heard, Refusal, Result, frames
from tests.matrix.clients.openai_chat import usage
from tests.matrix.engine import engine
from tests.matrix.script import Json


class OpenAICompletions:
    surface = "openai-completions"
    can = frozenset({"text", "stream", "usage", "errors", "logprobs", "candidates", "seed"})
    errors: tuple[type[Exception], ...] = (openai.APIError,)

    def __init__(self) -> None:
        http = httpx2.Client(transport=engine().transport(httpx2))
        self.sdk = openai.OpenAI(
            base_url="http://engine.test/v1", api_key="none", max_retries=0, http_client=http
        )

    def ask(self, model: str, ask: Ask) -> Heard:
        given: Json = {"model": model, "prompt": QUESTION, **parameters(ask)}
        heard = Heard()
        if not ask.stream:
            note(heard, self.sdk.completions.create(**given))
            return heard
        options = {"include_usage": True}
        for chunk in self.sdk.completions.create(**given, stream=True, stream_options=options):
            note(heard, chunk)
        return heard

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        raise AssertionError("there are no conversations here")

    def refusal(self, error: Exception) -> Refusal:
        return Refusal(getattr(error, "status_code", None), str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        if not stream:
            Completion.model_validate_json(body)
            return
        *told, (_, end) = frames(body)
        assert end == "[DONE]"
        for _, data in told:
            chunk = json.loads(data)
            for choice in chunk["choices"]:
                # null until the end, on OpenAI's own wire, too; the SDK's type forgot that
                choice["finish_reason"] = choice["finish_reason"] or "stop"
            Completion.model_validate(chunk)


def parameters(ask: Ask) -> Json:
    found: Json = {"logprobs": 1} if ask.logprobs else {}
    found |= {"n": 2} if ask.two else {}
    return found | ({"seed": SEED} if ask.seed else {})


def note(heard: Heard, answer: Completion) -> None:
    heard.usage = usage(answer.usage) or heard.usage
    for choice in answer.choices:
        if choice.index:
            heard.others[choice.index] = heard.others.get(choice.index, "") + choice.text
            continue
        heard.text += choice.text
        heard.pieces += bool(choice.text)
        heard.finish = choice.finish_reason or heard.finish
        if choice.logprobs:
            heard.logs += zip(choice.logprobs.tokens or [], choice.logprobs.token_logprobs or [], strict=True)
