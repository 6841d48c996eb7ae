"""What a chat of a client protocol said is written down in a stored conversation, when its answer is over.

That it cannot be written down never breaks or delays the chat itself by more than a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from engine.actions.remembering import Place, news
from engine.actions.titles import give_title
from engine.actions.turn import COMPLETE, PARTIAL, save_later
from engine.errors import EngineUnavailable
from engine.gateway.acting import seen
from engine.gateway.answer import Answer
from engine.gateway.asking import Asker, Asking, RequestTools
from engine.gateway.office import Office
from engine.gateway.request import Request
from engine.surfaces.listening import Note

APPEND = "conversations.append"

# Seconds that the end of an answer waits for its being saved: whoever reads the conversation next finds it.
AT_MOST = 2.0


class Memory:
    """Of one request."""

    def __init__(self, gateway: Asker, office: Office, asking: Asking) -> None:
        assert asking.endpoint.remember is not None
        self._what = asking.endpoint.remember
        self._outside = gateway.outside
        self._office = office
        # What is held on to while an answer streams is small: what was asked may be megabytes.
        asking = asking._replace(inbound=asking.inbound._replace(body=b""))
        self._tools = RequestTools(gateway, office, asking)
        self._note = Note()
        self._place: Place | None = None
        self._messages: list[dict[str, Any]] = []
        self._model = ""

    def noting(self, request: Request) -> Request:
        """The request, whose answer is noted if somebody wants it to be. Raises `EngineError`."""
        clock, ids = self._outside.clock.now, self._outside.entropy.uid
        scope = seen(request.body, request.inbound, request.client, clock, ids)
        self._place = self._what.place(scope)
        if self._place is None:
            return request
        _, chat = request.surface.read(request.body, request.inbound, {}, {})
        self._messages, self._model = news(chat), request.model
        return request._replace(surface=self._what.surface, note=self._note)

    async def kept(self, answer: Answer) -> Answer:
        """The answer; what it comes to is written down before its end."""
        if self._place is None or answer.status != 200:
            return answer
        if isinstance(answer.body, bytes):
            await self.keep(self._place)
            return answer
        return answer._replace(body=KeptStream(answer, self, self._place))

    async def keep(self, place: Place) -> None:
        """Write it down, and wait for that a moment."""
        task = asyncio.get_running_loop().create_task(self._save(place))
        self._office.watch(task)
        await asyncio.wait({task}, timeout=AT_MOST)

    def keep_later(self, place: Place) -> None:
        self._office.later(self._save(place))

    async def _save(self, place: Place) -> None:
        answer = self._note.answer() or {}
        told = {
            "role": "assistant",
            "content": answer.get("text") or "",
            "model": answer.get("model"),
            "tokens": (answer.get("usage") or {}).get("output"),
            "state": COMPLETE if self._note.complete else PARTIAL,
        }
        store = place.store
        create = store.making(user=place.user)
        args = store.args(id=place.id, at=self._tools.now(), messages=[*self._messages, told], create=create)
        try:
            found = await self._tools.do(APPEND, args)
        except EngineUnavailable:
            what = f"a turn of conversation {place.id!r}"
            self._tools.later(save_later(self._tools, APPEND, args, what))
            return
        titling = store.store.titling
        if titling is not None and self._note.complete and self._messages and _untitled(found):
            turn = {"id": place.id, "question": self._messages[-1]["content"], "answer": told["content"]}
            await give_title(self._tools, store, titling, turn, {"model": self._model})


def _untitled(found: Any) -> bool:
    return found["conversation"]["title"] is None


class KeptStream(AsyncIterator[bytes]):
    """A stream that is written down when it is over, also where its client leaves before."""

    def __init__(self, answer: Answer, memory: Memory, place: Place) -> None:
        assert not isinstance(answer.body, bytes)
        self._answer = answer
        self._body = answer.body
        self._memory = memory
        self._place: Place | None = place

    def __aiter__(self) -> KeptStream:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._body)
        except StopAsyncIteration:
            place, self._place = self._place, None
            if place is not None:
                await self._memory.keep(place)
            raise

    async def aclose(self) -> None:
        await self._answer.aclose()
        place, self._place = self._place, None
        if place is not None:
            self._memory.keep_later(place)
