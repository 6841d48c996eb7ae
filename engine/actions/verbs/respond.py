"""`respond`: a constant, or what a template makes of the request."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.ports import Tools


async def run(given: Given, tools: Tools) -> Outcome:
    text = given.get("text")
    return Outcome(
        given.get("body", text),
        status=given.get("status"),
        headers={name.lower(): value for name, value in given.get("headers", {}).items()},
        content_type=given.get("content_type"),
        raw=text.encode("utf-8", "replace") if text is not None else None,
    )


SPEC = Action(
    name="respond",
    summary="Answers with a constant, or with what a template makes of the request.",
    run=run,
    inputs=(
        Input("body", "The answer, as JSON."),
        Input("text", "The answer, as text; `content_type` says of which kind.", {"type": "string"}),
        Input("content_type", "That of `text`; text/plain, if nothing is said.", {"type": "string"}),
        Input("status", "The status.", {"type": "integer", "minimum": 200, "maximum": 599}),
        Input("headers", "Headers of the answer.", {"type": "object"}),
    ),
    one_of=(("body", "text"),),
    reads=True,
    answer="body",
    result={"": "What `body` or `text` is."},
    examples=(
        Example({"body": {"status": "healthy"}}, {"status": "healthy"}),
        Example({"text": "pong"}, "pong"),
    ),
)
