"""Gemini's generateContent, which Vertex speaks, too."""

from __future__ import annotations

from tests.matrix.script import (
    BROKEN,
    CACHED,
    OUTPUT,
    PROMPT,
    REASONING,
    REFUSED,
    SIGNATURE,
    Body,
    Json,
    Platform,
    Script,
    as_events,
    as_json,
)

USAGE = {
    "promptTokenCount": PROMPT,
    "cachedContentTokenCount": CACHED,
    "candidatesTokenCount": OUTPUT - REASONING,
    "thoughtsTokenCount": REASONING,
    "totalTokenCount": PROMPT + OUTPUT,
}


def parts(script: Script) -> list[Json]:
    told: list[Json] = [{"text": piece, "thought": True} for piece in script.thoughts]
    told += [{"text": piece} for piece in script.text]
    for number, made in enumerate(script.calls):
        signed = {} if number else {"thoughtSignature": SIGNATURE}
        told.append({"functionCall": {"name": made.name, "args": dict(made.given)}, **signed})
    return told


def answer(told: list[Json], **more: object) -> Json:
    candidate = {"content": {"role": "model", "parts": told}, "index": 0, **more}
    return {"candidates": [candidate], "modelVersion": "up", "responseId": "r1", "usageMetadata": USAGE}


def whole(script: Script) -> Body:
    return as_json(answer(parts(script), finishReason="STOP"))


def stream(script: Script) -> Body:
    *told, last = [[part] for part in parts(script)]
    if script.breaks:
        broken = {"error": {"code": 500, "status": "INTERNAL", "message": BROKEN}}
        return as_events(answer(told[0] if told else last), broken, line="\r\n")
    return as_events(*map(answer, told), answer(last, finishReason="STOP"), line="\r\n")


FAIL = as_json({"error": {"code": 429, "message": REFUSED, "status": "RESOURCE_EXHAUSTED"}}, 429)


def platform(_: str) -> Platform:
    tells = frozenset({"thoughts", "cached", "reasoning", "signed calls"})
    return Platform(whole, stream, FAIL, lambda path, _body: "streamGenerateContent" in path, tells)
