"""A turn of a stored conversation: what is said before, and what the answer came to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from engine.actions.store import OpenStore
from engine.errors import EngineUnavailable, RequestRefused
from engine.ports import Tools

COMPLETE, PARTIAL = "complete", "partial"
BEGIN, FINISH = "conversations.begin", "conversations.finish"

# Seconds between attempts to save an answer while the database is away.
PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

NOBODY_SAID: tuple[Any, ...] = ("", None, [])


class Turn:
    """Begun: the question is saved, and an answer that is partial and empty, whatever happens from now on."""

    def __init__(self, tools: Tools, store: OpenStore, begun: Mapping[str, Any]) -> None:
        self._tools = tools
        self._store = store
        self._number = begun["number"]
        self.before: Sequence[Mapping[str, Any]] = begun["history"]
        self.row: Mapping[str, Any] = begun["conversation"]

    @classmethod
    async def begin(cls, tools: Tools, store: OpenStore, args: Mapping[str, Any]) -> Turn:
        """Raises `RequestRefused` 404 when there is no such conversation, `EngineUnavailable`."""
        return cls(tools, store, await tools.do(BEGIN, store.args(at=tools.now(), **args)))

    @property
    def conversation(self) -> dict[str, Any]:
        return self._store.shown(self.row)

    def history(self) -> list[dict[str, Any]]:
        """The messages before, as a model is told of them. Questions that have no answer (yet) are left out,
        as models want the two by turns, and answers that the bounds of the history cut off from theirs."""
        said: list[dict[str, Any]] = []
        for each in self.before:
            if each["content"] not in NOBODY_SAID:
                said.append({"role": each["role"], "content": each["content"]})
            elif said and said[-1]["role"] == "user":
                said.pop()
        while said and said[0]["role"] not in ("user", "system"):
            del said[0]
        return said

    async def finish(self, answer: Mapping[str, Any], state: str) -> bool:
        """Save what came, and whether that was possible now. While the database is away it is tried again in
        the background; an answer to what was deleted meanwhile is of no use to anybody."""
        usage = answer.get("usage") or {}
        args = self._store.args(
            id=self.row["id"], number=self._number, content=answer.get("text") or "",
            model=answer.get("model"), tokens=usage.get("output"), state=state, at=self._tools.now(),
        )  # fmt: skip
        try:
            await self._tools.do(FINISH, args)
        except EngineUnavailable:
            what = f"the answer {args['number']} of conversation {args['id']!r}"
            self._tools.later(save_later(self._tools, FINISH, args, what))
            return False
        except RequestRefused:
            return False
        return True


async def save_later(tools: Tools, verb: str, args: Mapping[str, Any], what: str) -> None:
    """Raises `EngineUnavailable` when it cannot be saved at all: whoever watches over this logs it."""
    for pause in PATIENCE:
        await asyncio.sleep(pause)
        try:
            await tools.do(verb, args)
        except EngineUnavailable:
            continue
        except RequestRefused:
            pass
        return
    raise EngineUnavailable(f"{what} could not be saved", code="answer_lost")
