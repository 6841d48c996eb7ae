"""The neutral request: what every mapping reads, whatever the client spoke.

Parts are objects with a `type`:

    text        {text}
    image       {media_type, data} or {url}
    audio       {media_type, data}, or {id} of an answer given before
    file        {media_type, data} or {url} or {file_id}; name
    tool_call   {id, name, arguments, input}              arguments is the text, input the object it holds
    tool_result {id, name, text, json, parts, is_error}   json when the text is a JSON object, name by id
    reasoning   {text, signature}

Any part may have `extra`, an object with what only one platform or protocol knows, under its own names, and a
protocol may bring parts of further types, whose content is in `extra`. Keys without a value are left out, but
for those of a tool call and of a tool result. Results come first in their turn, as platforms want it.

A tool is {type, name, description, schema, strict, extra}; one that is no function has another `type`, no
schema, and its own settings in `extra`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import partial
from typing import Any

from engine.events import CHAT_FIELDS
from engine.memo import Memo

Json = dict[str, Any]
KNOWN = frozenset(CHAT_FIELDS)
Source = str | Callable[[Any], Any]
Names = frozenset[str] | tuple[str, ...]
Plan = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, Callable[[Any], Any]], ...]]
"""Chat fields that are fields of the body, which those are, and the others with how each is computed."""


def nothing_sent(body: Any) -> Set[str]:
    return frozenset()


class Fields(dict[str, Source]):
    """Chat field -> the body's field that it is, or how it is computed; one that is not named is None.

    `plans`: what there is to do for a set of names, found out once.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        super().__init__(sources)
        self.plans: Memo[Names, Plan] = Memo(partial(_plan, sources))


def _plan(sources: Mapping[str, Source], names: Names) -> Plan:
    found = [(name, sources.get(name, _nothing)) for name in names]
    taken = {name: source for name, source in found if isinstance(source, str)}
    return (
        tuple(taken),
        tuple(taken.values()),
        tuple((name, source) for name, source in found if not isinstance(source, str)),
    )


def _nothing(body: Any) -> None:
    return None


class Chat:
    """A request in neutral form. Each field is computed from the body when it is first read, and kept.

    Building one never fails; decoders validate the body before.
    """

    system: list[Json]
    turns: list[Json]
    tools: list[Json] | None
    tool_choice: Json | None
    parallel: bool | None
    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    stop: list[str] | None
    format: Json | None
    effort: str | None
    n: int | None
    seed: int | None
    user: str | None
    stream: bool | None

    passes: bool = True
    """Whether the request may pass as it came, to a platform that speaks its protocol."""

    def __init__(self, body: Any, fields: Fields, sent_of: Callable[[Any], Set[str]] = nothing_sent) -> None:
        self.body = body
        self._fields = fields
        self._sent_of = sent_of

    @property
    def sent(self) -> Set[str]:
        """The client's own parameters that ask for something.

        Those neither absent nor null nor equal to what the protocol assumes without them. Not kept: what
        passes is not asked for it, what is converted once.
        """
        return self._sent_of(self.body)

    @property
    def unread(self) -> Sequence[str]:
        """Parameters that the client's protocol has and no mapping ever sees."""
        return ()

    @property
    def order(self) -> Iterable[str]:
        """The client's parameters in the order in which they are told."""
        names: Iterable[str] = self.body
        return names

    def compute(self, names: Names) -> None:
        """Compute these fields at one go, where it is known that they will be read.

        A field of the body is what it was, however often it is taken; what is computed is kept if there.
        """
        kept, body = self.__dict__, self.body
        taken, sources, computed = self._fields.plans[names]
        kept.update(zip(taken, map(body.get, sources), strict=True))
        for name, source in computed:
            if name not in kept:
                kept[name] = source(body)

    def __getattr__(self, name: str) -> Any:
        """Reached once a field, before it is kept as an attribute."""
        if name not in KNOWN:
            raise AttributeError(f"a chat has no field {name!r}")
        self.compute((name,))
        return self.__dict__[name]
