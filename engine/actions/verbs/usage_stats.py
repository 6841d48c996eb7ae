"""`usage.stats`: what was used, from the ledger."""

from __future__ import annotations

from engine.actions.action import Action, Example, Given, Input, Outcome
from engine.errors import ErrorClass, RequestRefused
from engine.ports import Tools

FILTERS = ("client", "group", "surface", "model", "provider", "target", "credential")
TEXT = {"type": "string"}


async def run(given: Given, tools: Tools) -> Outcome:
    asked = {name: given[name] for name in ("by", "since", "until", *FILTERS) if name in given}
    if given.get("own"):
        asked["client"] = _own(tools)
    if not given.get("apart"):
        return Outcome(await tools.do("usage.stats", asked))
    names = [name.strip() for name in given.get("by", "day").split(",")]
    told = {name: await tools.do("usage.stats", {**asked, "by": name}) for name in names}
    return Outcome({"apart": {name: one["rows"] for name, one in told.items()}})


def _own(tools: Tools) -> str:
    name = tools.caller.get("name")
    if not name:
        raise RequestRefused(
            "only a client that is known has usage of its own", status=403, error_class=ErrorClass.AUTH
        )
    return str(name)


SPEC = Action(
    name="usage.stats",
    summary="Requests, tokens and cost from the ledger, as `proxyctl usage` shows them.",
    run=run,
    reads=True,
    inputs=(
        Input("by", "What it is summed up by: day, client, model and more; commas between several.", TEXT),
        Input("since", "7d, today, a date, all; 30 days, if nothing is said.", TEXT),
        Input("until", "The same.", TEXT),
        *(Input(name, f"Only of this {name}.", TEXT) for name in FILTERS),
        Input("apart", "Each name of `by` for itself, instead of all together.", {"type": "boolean"}),
        Input("own", "Only what the caller used itself.", {"type": "boolean"}),
    ),
    result={
        "rows": "One for each group: its names, requests, failed, prompt, output, cost, ms and more.",
        "total": "The same of all.",
        "waiting": "Records on the way to the database.",
        "apart": "Instead of all that: of each name its rows.",
    },
    examples=(
        Example(
            {"by": "model", "since": "7d"},
            {"rows": [], "waiting": 0},
            answers=({"rows": [], "waiting": 0},),
            asked=(("usage.stats", {"by": "model", "since": "7d"}),),
        ),
        Example(
            {"by": "model, client", "since": "all", "apart": True},
            {"apart": {"model": [{"model": "m", "requests": 2}], "client": []}},
            answers=({"rows": [{"model": "m", "requests": 2}]}, {"rows": []}),
            asked=(
                ("usage.stats", {"by": "model", "since": "all"}),
                ("usage.stats", {"by": "client", "since": "all"}),
            ),
        ),
    ),
)
