"""`embed`: texts become vectors."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.actions.performing import ANSWERED, CREDENTIAL, MODEL, TEXT, perform
from engine.ports import Tools

FIELDS = ("input", "dimensions", "input_type")


async def run(given: Given, tools: Tools) -> Outcome:
    told = await perform("embeddings", given, tools, FIELDS)
    return Outcome({name: told.get(name) for name in SPEC.result})


SPEC = Action(
    name="embed",
    summary="Vectors of texts.",
    run=run,
    inputs=(
        MODEL,
        Input("input", "A text, or a list of texts.", required=True),
        Input(
            "dimensions",
            "How long a vector is, where the model can choose.",
            {"type": "integer", "minimum": 1},
        ),
        Input("input_type", "What the texts are for, such as search_query.", TEXT),
        CREDENTIAL,
    ),
    result={"vectors": "A list of numbers for each text, in order.", **ANSWERED},
    examples=(
        Example(
            {"model": "small", "input": ["a", "b"]},
            {"vectors": [[0.5], [1.0]], "model": "m-1", "usage": {"prompt": 2}},
            answers=(
                {"id": "x", "created": 7, "vectors": [[0.5], [1.0]], "model": "m-1", "usage": {"prompt": 2}},
            ),
            asked=(("embeddings", {"model": "small", "input": ["a", "b"]}),),
        ),
    ),
)
