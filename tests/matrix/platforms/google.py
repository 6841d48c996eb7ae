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
    SOURCE,
    TITLE,
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


def candidate(told: list[Json], index: int = 0, **more: object) -> Json:
    return {"content": {"role": "model", "parts": told}, "index": index, **more}


def others(script: Script) -> list[Json]:
    return [
        candidate([{"text": said}], index, finishReason="STOP") for index, said in enumerate(script.others, 1)
    ]


def ending(script: Script) -> Json:
    """What the last of a candidate tells."""
    told: Json = {"finishReason": "STOP"}
    if script.cites:
        told["groundingMetadata"] = {"groundingChunks": [{"web": {"uri": SOURCE, "title": TITLE}}]}
    if script.logged:
        chosen = [{"token": token, "logProbability": logprob} for token, logprob in script.logs]
        told["logprobsResult"] = {
            "chosenCandidates": chosen,
            "topCandidates": [{"candidates": []}] * len(chosen),
        }
    return told


def answer(told: list[Json], *more: Json, **ends: object) -> Json:
    return {
        "candidates": [candidate(told, **ends), *more],
        "modelVersion": "up",
        "responseId": "r1",
        "usageMetadata": USAGE,
    }


def whole(script: Script) -> Body:
    return as_json(answer(parts(script), *others(script), **ending(script)))


def stream(script: Script) -> Body:
    *told, last = [[part] for part in parts(script)]
    if script.breaks:
        broken = {"error": {"code": 500, "status": "INTERNAL", "message": BROKEN}}
        return as_events(answer(told[0] if told else last), broken, line="\r\n")
    return as_events(*map(answer, told), answer(last, *others(script), **ending(script)), line="\r\n")


FAIL = as_json({"error": {"code": 429, "message": REFUSED, "status": "RESOURCE_EXHAUSTED"}}, 429)


def platform(_: str) -> Platform:
    tells = frozenset(
        {"thoughts", "cached", "reasoning", "signed calls", "citations", "logprobs", "candidates"}
    )
    return Platform(whole, stream, FAIL, lambda path, _body: "streamGenerateContent" in path, tells)
