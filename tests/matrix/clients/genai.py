"""google-genai."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import httpx
from google import genai
from google.genai import errors, types

from tests.matrix.asking import (
    EVERYTHING,
    FURTHER,
    PARAMETERS,
    PDF,
    PICTURE,
    QUESTION,
    SCHEMA,
    SEED,
    SOUND,
    SYSTEM,
    TIER,
    TOLD,
    TOOL,
    Ask,
    Heard,
    HeardCall,
    Refusal,
    Result,
    counted,
    frames,
)
from tests.matrix.engine import engine

FINISH = {"STOP": "stop", "MAX_TOKENS": "length"}


class Genai:
    surface = "gemini"
    can = EVERYTHING | FURTHER
    errors: tuple[type[Exception], ...] = (errors.APIError,)

    def __init__(self) -> None:
        http = httpx.Client(transport=engine().transport(httpx))
        options = types.HttpOptions(base_url="http://engine.test", httpx_client=http)
        self.sdk = genai.Client(api_key="none", http_options=options)

    def ask(self, model: str, ask: Ask) -> Heard:
        return self.say(model, ask, contents(ask))

    def again(self, model: str, ask: Ask, heard: Heard, results: Sequence[Result]) -> Heard:
        told = [
            types.Part(
                function_response=types.FunctionResponse(
                    id=call.id, name=call.name, response={"result": result.text}
                )
            )
            for call, result in zip(heard.calls, results, strict=True)
        ]
        said = types.Content(role="model", parts=heard.raw)
        return self.say(model, ask, [*contents(ask), said, types.Content(role="user", parts=told)])

    def say(self, model: str, ask: Ask, said: list[types.Content]) -> Heard:
        given: dict[str, Any] = {"model": model, "contents": said, "config": config(ask)}
        heard = Heard(raw=[])
        if ask.stream:
            for chunk in self.sdk.models.generate_content_stream(**given):
                note(heard, chunk)
        else:
            note(heard, self.sdk.models.generate_content(**given))
        heard.finish = "tool_calls" if heard.calls else heard.finish
        return heard

    def refusal(self, error: Exception) -> Refusal:
        return Refusal(getattr(error, "code", None), str(error))

    def check(self, body: bytes, *, stream: bool) -> None:
        for data in [data for _, data in frames(body)] if stream else [body]:
            types.GenerateContentResponse.model_validate_json(data)


def contents(ask: Ask) -> list[types.Content]:
    parts = [types.Part(text=QUESTION)]
    if ask.picture:
        parts.append(types.Part.from_bytes(data=b64decode(PICTURE), mime_type="image/png"))
    if ask.pdf:
        parts.append(types.Part.from_bytes(data=b64decode(PDF), mime_type="application/pdf"))
    if ask.sound:
        parts.append(types.Part.from_bytes(data=b64decode(SOUND), mime_type="audio/wav"))
    said = [types.Content(role="user", parts=parts)]
    if ask.results:
        calls = [
            types.Part(
                function_call=types.FunctionCall(id=r.call.id, name=r.call.name, args=dict(r.call.given))
            )
            for r in ask.results
        ]
        told = [
            types.Part(
                function_response=types.FunctionResponse(
                    id=r.call.id, name=r.call.name, response={"result": r.text}
                )
            )
            for r in ask.results
        ]
        said += [types.Content(role="model", parts=calls), types.Content(role="user", parts=told)]
    return said


def config(ask: Ask) -> types.GenerateContentConfig:
    found = types.GenerateContentConfig(
        system_instruction=SYSTEM,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    if ask.tools:
        told = types.FunctionDeclaration(name=TOOL, description=TOLD, parameters_json_schema=PARAMETERS)
        found.tools = [types.Tool(function_declarations=[told])]
    if ask.schema:
        found.response_mime_type, found.response_json_schema = "application/json", SCHEMA
    if ask.think:
        found.thinking_config = types.ThinkingConfig(thinking_budget=8192, include_thoughts=True)
    found.response_logprobs = ask.logprobs or None
    found.candidate_count = 2 if ask.two else None
    found.seed = SEED if ask.seed else None
    found.service_tier = types.ServiceTier(TIER) if ask.tier else None
    return found


def note_beside(heard: Heard, candidate: types.Candidate) -> None:
    if candidate.logprobs_result:
        chosen = candidate.logprobs_result.chosen_candidates or []
        heard.logs += [(each.token or "", each.log_probability or 0.0) for each in chosen]
    if candidate.grounding_metadata:
        chunks = candidate.grounding_metadata.grounding_chunks or []
        heard.cited += [chunk.web.uri for chunk in chunks if chunk.web]


def note(heard: Heard, answer: types.GenerateContentResponse) -> None:
    for other in answer.candidates or []:
        if other.index:
            parts = (other.content and other.content.parts) or []
            told = "".join(part.text or "" for part in parts)
            heard.others[other.index] = heard.others.get(other.index, "") + told
    candidate = next((one for one in answer.candidates or [] if not one.index), types.Candidate())
    note_beside(heard, candidate)
    for part in (candidate.content and candidate.content.parts) or []:
        heard.raw.append(part)
        if part.thought_signature:
            heard.secrets.append(part.thought_signature.decode("latin-1"))
        if part.function_call:
            heard.calls.append(
                HeardCall(part.function_call.id, part.function_call.name or "", part.function_call.args)
            )
        elif part.thought:
            heard.thoughts += part.text or ""
        else:
            heard.pieces += bool(part.text)
            heard.text += part.text or ""
    if candidate.finish_reason:
        heard.finish = FINISH[candidate.finish_reason.value]
    usage = answer.usage_metadata
    if usage and usage.total_token_count:
        thoughts = usage.thoughts_token_count
        heard.usage = counted(
            prompt=usage.prompt_token_count,
            cached=usage.cached_content_token_count,
            output=(usage.candidates_token_count or 0) + (thoughts or 0),
            reasoning=thoughts,
        )
