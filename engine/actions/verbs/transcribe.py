"""`transcribe`: sound becomes text."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.actions.performing import ANSWERED, CREDENTIAL, MODEL, TEXT, perform
from engine.ports import Tools

FIELDS = ("file", "language", "prompt", "response_format")


async def run(given: Given, tools: Tools) -> Outcome:
    told = await perform("transcription", given, tools, FIELDS)
    return Outcome({name: told.get(name) for name in SPEC.result})


SPEC = Action(
    name="transcribe",
    summary="The words of a recording.",
    run=run,
    inputs=(
        MODEL,
        Input(
            "file",
            "The recording: `{data, media_type, filename}`, `data` in base64.",
            {"type": "object", "required": ["data"]},
            required=True,
        ),
        Input("language", "The language that is spoken, as in en.", TEXT),
        Input("prompt", "Words that help: names, the text before.", TEXT),
        Input("response_format", "verbose_json, for segments and words.", TEXT),
        CREDENTIAL,
    ),
    result={
        "text": "What is said.",
        "language": "Its language, if it is told.",
        "duration": "Seconds, if they are told.",
        "segments": "`[{id, start, end, text}]`, if they are told.",
        **ANSWERED,
    },
    examples=(
        Example(
            {"model": "listener", "file": {"data": "AAAA", "media_type": "audio/mpeg", "filename": "a.mp3"}},
            {
                "text": "Hello.",
                "language": "en",
                "duration": None,
                "segments": None,
                "model": "m-1",
                "usage": None,
            },
            answers=({"text": "Hello.", "language": "en", "model": "m-1", "usage": None},),
            asked=(
                (
                    "transcription",
                    {
                        "model": "listener",
                        "file": {"data": "AAAA", "media_type": "audio/mpeg", "filename": "a.mp3"},
                    },
                ),
            ),
        ),
    ),
)
