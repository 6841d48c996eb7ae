"""`image`: words become pictures."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.actions.performing import ANSWERED, CREDENTIAL, MODEL, TEXT, perform
from engine.ports import Tools

FIELDS = ("prompt", "n", "size", "quality", "response_format")


async def run(given: Given, tools: Tools) -> Outcome:
    told = await perform("image", given, tools, FIELDS)
    return Outcome({name: told.get(name) for name in SPEC.result})


SPEC = Action(
    name="image",
    summary="Pictures of what is described.",
    run=run,
    inputs=(
        MODEL,
        Input("prompt", "What is to be seen.", TEXT, required=True),
        Input("n", "How many pictures.", {"type": "integer", "minimum": 1}),
        Input("size", "Width and height, as in 1024x1024.", TEXT),
        Input("quality", "How good, in the model's own words.", TEXT),
        Input("response_format", "url or b64_json, where the model can choose.", TEXT),
        CREDENTIAL,
    ),
    result={"images": "A list of `{url, data, media_type, revised_prompt}`, `data` in base64.", **ANSWERED},
    examples=(
        Example(
            {"model": "painter", "prompt": "A cat", "n": 1},
            {"images": [{"url": "https://x/cat.png"}], "model": "m-1", "usage": None},
            answers=({"id": "x", "images": [{"url": "https://x/cat.png"}], "model": "m-1", "usage": None},),
            asked=(("image", {"model": "painter", "prompt": "A cat", "n": 1}),),
        ),
    ),
)
