"""Compiled expressions against the jmespath library and against Python written by hand.

    python -m benchmarks.expression

Prints the time of one evaluation, how many times longer the library takes, and how many times longer
ours takes than code by hand (which breaks on nulls; the budget is 3). Absolute times depend on the machine.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from typing import Any

import jmespath

from engine.expression.codegen import compile_expression

BODY: dict[str, Any] = {
    "model": "m",
    "max_tokens": 5,
    "usage": {"details": {"cached": 7}},
    "messages": [
        {"role": "system" if n % 10 == 0 else "user", "content": f"text {n}", "tool_calls": [{"id": n}]}
        for n in range(61)
    ],
    "candidates": [{"content": {"parts": [{"text": "hello"}]}}],
}

BY_HAND: dict[str, Callable[[dict[str, Any]], Any]] = {
    "model": lambda d: d.get("model"),
    "usage.details.cached": lambda d: d.get("usage", {}).get("details", {}).get("cached"),
    "max_completion_tokens || max_tokens || `4096`": lambda d: (
        d.get("max_completion_tokens") or d.get("max_tokens") or 4096
    ),
    "messages[?role=='system'].content": lambda d: [
        m["content"] for m in d["messages"] if m.get("role") == "system"
    ],
    "messages[?role!='system'].{role: role, content: content}": lambda d: [
        {"role": m.get("role"), "content": m.get("content")}
        for m in d["messages"]
        if m.get("role") != "system"
    ],
    "messages[].tool_calls[].id": lambda d: [
        call.get("id") for m in d["messages"] for call in m.get("tool_calls", ())
    ],
    "candidates[0].content.parts[0].text": lambda d: d["candidates"][0]["content"]["parts"][0]["text"],
    "join(' ', messages[?role=='user'].content)": lambda d: " ".join(
        m["content"] for m in d["messages"] if m.get("role") == "user"
    ),
}


def microseconds(call: Callable[[], Any]) -> float:
    count = timeit.Timer(call).autorange()[0]
    return min(timeit.repeat(call, number=count, repeat=5)) / count * 1e6


def main() -> None:
    print(f"{'expression':58} {'µs':>8} {'library':>9} {'of hand':>9}")
    for text, by_hand in BY_HAND.items():
        compiled, library = compile_expression(text), jmespath.compile(text)
        assert compiled(BODY) == library.search(BODY) == by_hand(BODY), text
        ours = microseconds(lambda: compiled(BODY))  # noqa: B023
        theirs = microseconds(lambda: library.search(BODY))  # noqa: B023
        hand = microseconds(lambda: by_hand(BODY))  # noqa: B023
        print(f"{text:58} {ours:8.2f} {theirs / ours:8.1f}x {ours / hand:8.2f}x")


if __name__ == "__main__":
    main()
