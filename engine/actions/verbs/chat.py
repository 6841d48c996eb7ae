"""`chat`: a turn of a stored conversation."""

from __future__ import annotations

from typing import Any

from engine.actions.action import ANSWER_EVENTS, Action, Example, Given, Input, InputKind, Outcome
from engine.actions.store import OpenStore
from engine.actions.titles import give_title
from engine.actions.turn import COMPLETE, PARTIAL, Turn
from engine.actions.verbs.complete import PARAMETERS, messages_of, whom_of
from engine.actions.verbs.complete import SPEC as COMPLETE_SPEC
from engine.errors import AnswerBroken
from engine.ports import Tools

OF_COMPLETE = ("model", "target", "prompt", "variables", "system", "credential", "params", *PARAMETERS)
BOUNDS = {
    "type": "object",
    "properties": {
        "messages": {"type": ["integer", "null"], "minimum": 0},
        "tokens": {"type": ["integer", "null"], "minimum": 0},
    },
    "additionalProperties": False,
}


async def run(given: Given, tools: Tools) -> Outcome:
    store: OpenStore = given["conversations"]
    question = {"role": "user", "content": given["message"]}
    bounds = given.get("history", {})
    turn = await Turn.begin(
        tools,
        store,
        {
            "id": given["conversation"],
            "message": question,
            "last": bounds.get("messages"),
            "tokens": bounds.get("tokens"),
            "create": store.making(user=given.get("user")) if given.get("create") else None,
        },
    )
    body = _body(given, tools, turn, question)
    asked = {"model": body["model"], **whom_of(given)}
    try:
        answer = dict(await tools.ask(body, **whom_of(given)))
    except AnswerBroken as broken:
        await turn.finish(broken.partial, PARTIAL)
        raise
    saved = await turn.finish(answer, COMPLETE)
    if saved and store.store.titling is not None and turn.row["title"] is None:
        told = {"id": turn.row["id"], "question": given["message"], "answer": answer.get("text")}
        tools.later(give_title(tools, store, store.store.titling, told, asked))
    completion = answer.pop("completion", None)
    result = {**answer, "conversation": turn.conversation, "message": given["message"], "saved": saved}
    return Outcome(result, completion)


def _body(given: Given, tools: Tools, turn: Turn, question: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = dict(given.get("params", {}))
    body["model"] = given.get("model") or given["target"].model
    said = {**given, "messages": [*turn.history(), question]}
    body["messages"] = messages_of(said, tools)
    body.update({parameter: given[name] for name, parameter in PARAMETERS.items() if name in given})
    return body


SPEC = Action(
    name="chat",
    summary="A turn of a stored conversation: saves the question, asks a model with what was said before, "
    "saves the answer. What came of an answer that broke off is saved and marked.",
    run=run,
    inputs=(
        Input("conversations", "The store.", required=True, kind=InputKind.STORE),
        Input("conversation", "The conversation's id.", {"type": "string"}, required=True),
        Input("message", "What the user says: text, or parts.", {"type": ["string", "array"]}, required=True),
        Input(
            "history",
            "How much of what was said before: `messages`, `tokens`; all, if nothing is said.",
            BOUNDS,
        ),
        Input(
            "create", "Whether a conversation that is not there is made; else it is 404.", {"type": "boolean"}
        ),
        Input("user", "Which of the owner's own users it is with, when it is made.", {"type": "string"}),
        *(each for each in COMPLETE_SPEC.inputs if each.name in OF_COMPLETE),
    ),
    one_of=(("model", "target"),),
    events=ANSWER_EVENTS,
    result={
        **COMPLETE_SPEC.result,
        "conversation": "What `conversations.get` gives, as it was when the turn began.",
        "message": "What the user said.",
        "saved": "Whether the answer is in the database; if not, it is tried again in the background.",
    },
    examples=(
        Example(
            {
                "conversations": {"name": "main"},
                "conversation": "s-1",
                "message": "Why is the sky blue?",
                "history": {"messages": 2},
                "model": "small",
            },
            {
                "text": "Because of Rayleigh.",
                "model": "small-1",
                "usage": {"output": 4},
                "conversation": {"id": "s-1", "title": None, "messages": 4},
                "message": "Why is the sky blue?",
                "saved": True,
            },
            answers=(
                {
                    "number": 4,
                    "conversation": {"id": "s-1", "title": None, "messages": 4},
                    "history": [
                        {"role": "user", "content": "Hi"},
                        {"role": "assistant", "content": "Hello."},
                    ],
                },
                {"text": "Because of Rayleigh.", "model": "small-1", "usage": {"output": 4}},
                {"saved": True},
            ),
            asked=(
                (
                    "conversations.begin",
                    {
                        "store": "main",
                        "owner": "",
                        "at": 1700000000.0,
                        "id": "s-1",
                        "message": {"role": "user", "content": "Why is the sky blue?"},
                        "last": 2,
                    },
                ),
                (
                    "ask",
                    {
                        "model": "small",
                        "messages": [
                            {"role": "user", "content": "Hi"},
                            {"role": "assistant", "content": "Hello."},
                            {"role": "user", "content": "Why is the sky blue?"},
                        ],
                    },
                ),
                (
                    "conversations.finish",
                    {
                        "store": "main",
                        "owner": "",
                        "id": "s-1",
                        "number": 4,
                        "content": "Because of Rayleigh.",
                        "model": "small-1",
                        "tokens": 4,
                        "state": "complete",
                        "at": 1700000000.0,
                    },
                ),
            ),
        ),
    ),
)
