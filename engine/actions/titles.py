"""Titles that a model gives to conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actions.store import OpenStore, Titling
from engine.ports import Tools

# What the prompt may say: the first turn, as far as that is worth reading.
VARIABLES = frozenset({"question", "answer"})
READ_AT_MOST = 1000
LONGEST = 50
AROUND = " \t\r\n\"'`*#.:“”‘’«»「」『』《》【】"


async def give_title(
    tools: Tools, store: OpenStore, titling: Titling, turn: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    """`turn`: `id question answer` · `asked`: how the answer itself was asked for, see `Tools.ask`.

    Raises `EngineError`: the conversation keeps the title that it has.
    """
    said = {"question": excerpt(turn["question"]), "answer": excerpt(turn["answer"])}
    rendered = titling.prompt.render(said, tools.random)
    parts = (("system", rendered.system), ("user", rendered.user))
    messages = [{"role": role, "content": text} for role, text in parts if text]
    body = {**titling.params, "model": titling.model or asked["model"], "messages": messages}
    whom = {} if titling.model else {name: asked.get(name) for name in ("credential", "target")}
    answer = await tools.ask(body, shown=False, **whom)
    title = cleaned(answer.get("text") or "")
    if title:
        args = store.args(id=turn["id"], title=title, if_untitled=True)
        await tools.do("conversations.update", args)


def excerpt(content: Any) -> str:
    """The text of a message, without an end that is of no use for a title."""
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        content = "\n".join(text for text in texts if isinstance(text, str))
    return content[:READ_AT_MOST] if isinstance(content, str) else ""


def cleaned(text: str) -> str:
    """One line, without quotes around it."""
    lines = text.strip().splitlines()
    return lines[0].strip(AROUND)[:LONGEST].strip() if lines else ""
