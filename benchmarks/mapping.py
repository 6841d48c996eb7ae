"""A compiled mapping against the same mapping written by hand: `python -m benchmarks.mapping`.

Both read a request that is decoded already, and give the request of `mapping.yaml`'s platform. The ratio is
what counts; times move with the machine.
"""

from __future__ import annotations

import argparse
import json
import timeit
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.bench.figures import Section
from engine.bench.figures import number as shown
from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.events import Frame
from engine.mapping.dialect import Dialect, compile_dialect
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.surfaces.chat import Chat
from engine.surfaces.openai_chat.decode import decode
from engine.tree import Mapping

BUDGET = 3.0
ROUNDS = 60
Json = dict[str, Any]

TOOL_CHOICE = {"auto": "auto", "none": "none", "required": "any", "tool": "tool"}
EFFORT = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 24576}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the table and its figures there, too"
    )
    to = parser.parse_args().json
    dialect = compiled()
    times = {title: compare(title, dialect, body()) for title, body in BODIES.items()}
    (one,) = fastest(event(dialect))
    print(f"one stream event: {one:.2f} µs with its JSON")
    if to:
        to.write_text(json.dumps(asdict(section(times, one))), encoding="utf-8")


def section(times: dict[str, list[float]], event: float) -> Section:
    """For `benchmarks/run`."""
    return Section(
        "mapping",
        "A mapping alone: compiled YAML against code written by hand",
        ["body", "by hand, µs", "compiled, µs", "× by hand", "compiled with decoding, µs"],
        [
            [title, shown(manual), shown(generated), shown(generated / manual), shown(whole)]
            for title, (manual, generated, whole) in times.items()
        ],
        {f"mapping/{title}/ratio": generated / manual for title, (manual, generated, _) in times.items()},
        [f"A stream event takes {shown(event)} µs with its JSON. The least of {ROUNDS} rounds in turns."],
    )


def compare(title: str, dialect: Dialect, body: Json) -> list[float]:
    """Microseconds: by hand, compiled, compiled with decoding."""
    scope = Scope(body=body, chat=decode(body), model="m", params={}, features={}, credential={"key": "k"})
    if render(dialect, scope) != by_hand(scope):
        raise SystemExit(f"{title}: the two mappings differ")
    manual, generated, whole = fastest(
        lambda: by_hand(scope),
        lambda: render(dialect, scope),
        lambda: render(dialect, scope.renew(chat=decode(body))),
    )
    print(
        f"{title:>6}: by hand {manual:7.1f} µs, compiled {generated:7.1f} µs, "
        f"ratio {generated / manual:.2f} (budget {BUDGET}); with decoding {whole:7.1f} µs"
    )
    return [manual, generated, whole]


def compiled() -> Dialect:
    problems = Problems()
    path = Path(__file__).with_suffix(".yaml")
    tree = parse_yaml(path.name, path.read_bytes(), problems)
    assert tree is not None
    dialects = tree.get("dialects")
    assert isinstance(dialects, Mapping)
    node = dialects.get("worked")
    assert isinstance(node, Mapping)
    dialect = compile_dialect("worked", node, problems)
    assert not problems.items, problems.items
    return dialect


def render(dialect: Dialect, scope: Scope) -> Rendered:
    scope.cells = {}
    request = dialect.operations["chat"].request
    assert request is not None
    return request.render(scope)


def event(dialect: Dialect) -> Callable[[], Any]:
    stream = dialect.operations["chat"].stream
    assert stream is not None
    text = '{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Let me"}}'
    frame, scope = Frame("content_block_delta", text), Scope(params={}, features={})
    return lambda: stream.events(frame, scope)


def fastest(*calls: Callable[[], Any]) -> list[float]:
    """Microseconds of each call, the best of rounds that take turns: a busy machine is fair to all."""
    timers = [timeit.Timer(call) for call in calls]
    numbers = [max(timer.autorange()[0] // 10, 1) for timer in timers]
    seen: list[list[float]] = [[] for _ in timers]
    for _ in range(ROUNDS):
        for timer, number, times in zip(timers, numbers, seen, strict=True):
            times.append(timer.timeit(number) / number * 1e6)
    return [min(times) for times in seen]


# --- by hand ---------------------------------------------------------------------------------------------


def by_hand(scope: Scope) -> Rendered:
    """What a careful programmer writes for the same platform."""
    headers = {"x-api-key": scope.credential["key"], "anthropic-version": "2023-06-01"}
    return Rendered("POST", "/v1/messages", None, headers, body_by_hand(scope.chat, scope.body, scope))


def body_by_hand(chat: Chat, body: Json, scope: Scope) -> Json:
    budget = EFFORT.get(chat.effort) if chat.effort else None
    out: Json = {"model": scope.model}
    if chat.stream is not None:
        out["stream"] = chat.stream
    out["max_tokens"] = (chat.max_tokens or scope.params.get("max_tokens") or 4096) + (budget or 0)
    if budget:
        out["thinking"] = {"type": "enabled", "budget_tokens": budget}
    else:
        sampling(out, body)
    if body.get("top_k") is not None:
        out["top_k"] = body["top_k"]
    if chat.stop is not None:
        out["stop_sequences"] = chat.stop
    if body.get("user"):
        out["metadata"] = {"user_id": body["user"]}
    answer_format(out, chat, scope)
    out["messages"] = [
        {"role": turn["role"], "content": [part(item) for item in turn["parts"]]} for turn in chat.turns
    ]
    if chat.tools:
        out["tools"] = [tool(item) for item in chat.tools]
        if chat.tool_choice or chat.parallel is False:
            out["tool_choice"] = tool_choice(chat)
    return out


def sampling(out: Json, body: Json) -> None:
    if body.get("temperature") is not None:
        out["temperature"] = min(max(body["temperature"], 0), 1)
    if body.get("top_p") is not None:
        out["top_p"] = body["top_p"]


def answer_format(out: Json, chat: Chat, scope: Scope) -> None:
    schema = chat.format["schema"] if chat.format and chat.format["type"] == "schema" else None
    if schema and scope.features.get("structured_outputs"):
        out["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    system = [part(item) for item in chat.system]
    if chat.format and chat.format["type"] == "json":
        system.append({"type": "text", "text": "Respond with a single JSON object and nothing else."})
    if system:
        out["system"] = system


def part(given: Json) -> Json:
    kind = given["type"]
    if kind == "text":
        out = {"type": "text", "text": given["text"]}
        if "extra" in given and "cache_control" in given["extra"]:
            out["cache_control"] = given["extra"]["cache_control"]
        return out
    if kind == "image":
        if "data" in given:
            source = {"type": "base64", "media_type": given["media_type"], "data": given["data"]}
        else:
            source = {"type": "url", "url": given["url"]}
        return {"type": "image", "source": source}
    if kind == "tool_call":
        return {"type": "tool_use", "id": given["id"], "name": given["name"], "input": given["input"]}
    if kind == "tool_result":
        content = [part(inner) for inner in given["parts"]]
        return {"type": "tool_result", "tool_use_id": given["id"], "content": content}
    raise ValueError(f"content part '{kind}' is not supported by this provider")


def tool(given: Json) -> Json:
    out: Json = {"name": given["name"]}
    if given.get("description") is not None:
        out["description"] = given["description"]
    if given.get("schema") is not None:
        out["input_schema"] = given["schema"]
    return out


def tool_choice(chat: Chat) -> Json:
    chosen = chat.tool_choice or {}
    out: Json = {"type": TOOL_CHOICE.get(chosen.get("mode", ""), "auto")}
    if chosen.get("name") is not None:
        out["name"] = chosen["name"]
    if chat.parallel is False:
        out["disable_parallel_tool_use"] = True
    return out


# --- bodies ----------------------------------------------------------------------------------------------


def small() -> Json:
    """About 1 kB: 4 messages, 1 tool."""
    return {
        "model": "smart", "temperature": 0.7, "max_tokens": 512, "stream": True, "user": "u-1",
        "tools": [weather(0)],
        "messages": [
            {"role": "system", "content": "You are a kind assistant who answers in one sentence." * 2},
            {"role": "user", "content": "What is the weather like in Paris today, and is a coat needed?" * 2},
            {"role": "assistant", "content": "It is 18 degrees and sunny in Paris; a light jacket will do."},
            {"role": "user", "content": "And tomorrow?"},
        ],
    }  # fmt: skip


def large() -> Json:
    """About 30 kB: 61 messages with tool calls and results, 20 tools."""
    messages: list[Json] = [{"role": "system", "content": "You are kind. " * 40}]
    for number in range(15):
        call = {"id": f"c{number}", "type": "function"}
        call["function"] = {"name": f"get_weather_{number}", "arguments": '{"city": "Paris", "days": 3}'}
        messages += [
            {
                "role": "user",
                "content": [{"type": "text", "text": f"Question {number}: " + "what now? " * 30}],
            },
            {"role": "assistant", "content": "Let me look. " * 10, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": "18 degrees and sunny. " * 20},
            {"role": "assistant", "content": "It is 18 degrees and sunny in Paris. " * 10},
        ]
    return {
        "model": "smart",
        "temperature": 0.7,
        "tools": [weather(n) for n in range(20)],
        "messages": messages,
    }


def weather(number: int) -> Json:
    properties = {"city": {"type": "string", "description": "the city"}, "days": {"type": "integer"}}
    parameters = {"type": "object", "properties": properties, "required": ["city"]}
    function = {"name": f"get_weather_{number}", "description": "The weather. " * 5, "parameters": parameters}
    return {"type": "function", "function": function}


BODIES = {"1 kB": small, "30 kB": large}

if __name__ == "__main__":
    main()
