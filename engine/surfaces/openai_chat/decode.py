"""A client's body as a neutral `Chat`."""

from __future__ import annotations

from typing import Any

from engine.surfaces.chat import Chat, Fields
from engine.surfaces.openai_chat import messages
from engine.surfaces.openai_chat.parts import Json, extra_of
from engine.surfaces.openai_chat.validate import validate

# Body field -> the field of `chat` that carries it to a mapping. Fields that are not named here are carried
# only by a mapping that reads them from the body.
CARRIED: dict[str, str | None] = {
    "tools": "tools",
    "functions": "tools",
    "tool_choice": "tool_choice",
    "function_call": "tool_choice",
    "parallel_tool_calls": "parallel",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "response_format": "format",
    "reasoning_effort": "effort",
    "n": "n",
    "seed": "seed",
    "user": "user",
}

# What the engine itself acts upon, or what is told to the keeper of an account and not to a model.
ENGINE_FIELDS = frozenset({"model", "messages", "stream", "stream_options", "metadata", "store"})

KNOWN_TOOL = frozenset({"type", "function"})
# As many fields has a tool that is a function and nothing else.
USUAL_TOOL = len(KNOWN_TOOL)
KNOWN_FUNCTION = frozenset({"name", "description", "strict", "parameters"})

# What the protocol assumes of a field that is left out: to ask for it is to ask for nothing.
ASSUMED: dict[str, tuple[Any, ...]] = {
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("auto",),
    "function_call": ("auto",),
    "parallel_tool_calls": (True,),
    "stop": ([],),
    "n": (1,),
    "response_format": ({"type": "text"},),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "service_tier": ("auto", "default"),
}


def decode(body: Any) -> Chat:
    """Raises `RequestRefused` (400, `param` names the field) for a body that is wrong."""
    validate(body)
    return chat_of(body)


def chat_of(body: Json) -> Chat:
    """The `Chat` of a body that is known to be right."""
    chat = Chat(body, FIELDS, sent)
    chat.stream = body.get("stream")  # which every request is asked for
    return chat


def sent(body: Json) -> frozenset[str]:
    """The parameters that ask for something."""
    asked = []
    for name in body.keys() - ENGINE_FIELDS:
        value = body[name]
        if value is not None and (name not in ASSUMED or value not in ASSUMED[name]):
            asked.append(name)
    return frozenset(asked)


def system(body: Json) -> list[Json]:
    return messages.system(body.get("messages") or [])


def turns(body: Json) -> list[Json]:
    return messages.turns(body.get("messages") or [])


def tools(body: Json) -> list[Json] | None:
    """All tools; None when there are none."""
    given = []
    for item in body.get("tools") or ():
        usual = len(item) == USUAL_TOOL and item.get("type") == "function"
        given.append(function(item["function"]) if usual else tool(item))
    for item in body.get("functions") or ():
        given.append(function(item))
    return given or None


def tool(given: Json) -> Json:
    kind = given.get("type") or "function"
    if kind == "function":
        return function(given["function"], extra_of(given, KNOWN_TOOL))
    inner = given.get(kind)
    about: Json = inner if isinstance(inner, dict) else {}
    made: Json = {"type": kind, "name": about.get("name"), "description": about.get("description")}
    made["extra"] = {**extra_of(given, {"type", kind}), **extra_of(about, {"name", "description"})}
    return {name: value for name, value in made.items() if value}


def function(given: Json, extra: Json | None = None) -> Json:
    made: Json = {"type": "function", "name": given["name"]}
    if (description := given.get("description")) is not None:
        made["description"] = description
    if (strict := given.get("strict")) is not None:
        made["strict"] = strict
    parameters = given.get("parameters")
    made["schema"] = parameters or {"type": "object", "properties": {}}
    if extra or parameters is None or len(given) != len(made) - 1:  # else all its fields are in `made`
        own = {**extra_of(given, KNOWN_FUNCTION), **(extra or {})}
        if own:
            made["extra"] = own
    return made


def tool_choice(body: Json) -> Json | None:
    """{mode: auto | none | required | tool, name}; `allowed` lists the names that may be called."""
    choice = body.get("tool_choice") or body.get("function_call")
    if not isinstance(choice, dict):
        return {"mode": choice} if choice else None
    allowed = choice.get("allowed_tools")
    if allowed:
        names = [
            (item.get("function") or item.get("custom") or item).get("name") for item in allowed["tools"]
        ]
        return {"mode": allowed["mode"], "allowed": [name for name in names if name]}
    named = choice.get("function") or choice.get("custom") or choice
    return {"mode": "tool", "name": named["name"]}


def format(body: Json) -> Json | None:
    """{type: text | json | schema, name, description, schema, strict}"""
    given = body.get("response_format")
    if given is None:
        return None
    if given["type"] != "json_schema":
        return {"type": "json" if given["type"] == "json_object" else "text"}
    schema = {name: value for name, value in given["json_schema"].items() if value is not None}
    return {**schema, "type": "schema"}


def max_tokens(body: Json) -> int | None:
    newer: int | None = body.get("max_completion_tokens")
    return newer if newer is not None else body.get("max_tokens")


def stop(body: Json) -> list[str] | None:
    given = body.get("stop")
    return [given] if isinstance(given, str) else given or None


def stream(body: Json) -> bool | None:
    """Computed, since what is asked of an upstream may be something else."""
    asked: bool | None = body.get("stream")
    return asked


FIELDS = Fields(
    {
        "system": system,
        "turns": turns,
        "tools": tools,
        "tool_choice": tool_choice,
        "parallel": "parallel_tool_calls",
        "max_tokens": max_tokens,
        "temperature": "temperature",
        "top_p": "top_p",
        "stop": stop,
        "format": format,
        "effort": "reasoning_effort",
        "n": "n",
        "seed": "seed",
        "user": "user",
        "stream": stream,
    }
)
