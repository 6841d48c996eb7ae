"""`complete`: a prompt or messages, and the answer of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actions.action import ANSWER_EVENTS, Action, Example, Given, Input, InputKind, Outcome
from engine.ports import Tools
from engine.prompts.prompt import Prompt

PROMPTS = "proxyctl_prompts_total"

# Inputs that are the hub's parameters under a name of their own.
PARAMETERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_tokens",
    "stop": "stop",
    "seed": "seed",
    "format": "response_format",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "effort": "reasoning_effort",
}
TEXT = {"type": "string"}


async def run(given: Given, tools: Tools) -> Outcome:
    body: dict[str, Any] = dict(given.get("params", {}))
    body["model"] = given.get("model") or given["target"].model
    body["messages"] = messages_of(given, tools)
    for name, parameter in PARAMETERS.items():
        if name in given:
            body[parameter] = given[name]
    answer = dict(await tools.ask(body, **whom_of(given)))
    return Outcome(answer, answer.pop("completion", None))


def whom_of(given: Given) -> dict[str, Any]:
    """What `Tools.ask` is told beside the body."""
    return {name: given[name] for name in ("credential", "target") if name in given}


def messages_of(given: Given, tools: Tools) -> list[Mapping[str, Any]]:
    """The system part and the prompt's, then `messages`, then the user's own part."""
    system, user = given.get("system"), given.get("input")
    prompt: Prompt | None = given.get("prompt")
    if prompt is not None:
        rendered = prompt.render(given.get("variables", {}), tools.random)
        tools.count(PROMPTS, {"prompt": prompt.name, "version": rendered.version})
        system = "\n\n".join(filter(None, (system, rendered.system))) or None
        user = "\n\n".join(filter(None, (rendered.user, user))) or None
    made: list[Mapping[str, Any]] = [{"role": "system", "content": system}] if system else []
    made += given.get("messages", ())
    return [*made, {"role": "user", "content": user}] if user else made


SPEC = Action(
    name="complete",
    summary="Asks a model, with a prompt of the site or with messages, and gives its answer.",
    run=run,
    inputs=(
        Input("model", "The alias that is asked.", TEXT),
        Input(
            "target",
            "A target of the user's own instead: `dialect`, `base_url`, `model`, `key`, `params`. Without a "
            "`base_url` it is none.",
            kind=InputKind.TARGET,
        ),
        Input("prompt", "A prompt of the site.", kind=InputKind.PROMPT),
        Input("variables", "The prompt's variables.", {"type": "object"}),
        Input("system", "A system part, before the prompt's own.", TEXT),
        Input(
            "messages",
            "Messages as in Chat Completions, between the system part and the user's.",
            {"type": "array", "items": {"type": "object"}},
        ),
        Input("input", "The user's part, after the prompt's own.", TEXT),
        Input("credential", "The caller's own key, for a provider with `credential: client`.", TEXT),
        Input("temperature", "As in Chat Completions.", {"type": "number"}),
        Input("top_p", "As in Chat Completions.", {"type": "number"}),
        Input("max_tokens", "How long the answer may be.", {"type": "integer", "minimum": 1}),
        Input("stop", "Texts that end the answer.", {"type": ["string", "array"]}),
        Input("seed", "As in Chat Completions.", {"type": "integer"}),
        Input("format", "`response_format` as in Chat Completions.", {"type": "object"}),
        Input("tools", "Tools as in Chat Completions.", {"type": "array"}),
        Input("tool_choice", "As in Chat Completions."),
        Input("effort", "`reasoning_effort` as in Chat Completions.", TEXT),
        Input("params", "Any other parameters, as in Chat Completions.", {"type": "object"}),
    ),
    one_of=(("prompt", "messages", "input"), ("model", "target")),
    events=ANSWER_EVENTS,
    result={
        "text": "The text of the answer.",
        "finish": "Why it ended: stop, length, tool_calls or content_filter.",
        "usage": "Token counts: prompt, output, total, and what else is known.",
        "model": "The model that answered.",
        "id": "The id of the answer.",
        "tool_calls": "Calls of tools: id, name, arguments, input.",
        "reasoning": "What it thought aloud.",
        "refusal": "Why it refused.",
    },
    examples=(
        Example(
            {"model": "small", "input": "Why is the sky blue?", "max_tokens": 50},
            {"text": "Because of Rayleigh.", "finish": "stop"},
            answers=({"text": "Because of Rayleigh.", "finish": "stop"},),
            asked=(
                (
                    "ask",
                    {
                        "model": "small",
                        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
                        "max_tokens": 50,
                    },
                ),
            ),
        ),
        Example(
            {
                "model": "small",
                "system": "Be brief.",
                "messages": [{"role": "user", "content": "Hi"}],
                "params": {"user": "u1"},
            },
            {"text": "Hello."},
            answers=({"text": "Hello."},),
            asked=(
                (
                    "ask",
                    {
                        "user": "u1",
                        "model": "small",
                        "messages": [
                            {"role": "system", "content": "Be brief."},
                            {"role": "user", "content": "Hi"},
                        ],
                    },
                ),
            ),
        ),
    ),
)
