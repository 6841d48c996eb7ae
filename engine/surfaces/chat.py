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
for those of a tool call and of a tool result.

A tool is {type, name, description, schema, strict, extra}; one that is no function has another `type`, no
schema, and its own settings in `extra`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.events import CHAT_FIELDS

Json = dict[str, Any]
Fields = Mapping[str, Callable[[Any], Any]]
"""Chat field -> how it is computed from a body; a field that is not named is None."""


class Chat:
    """A request in neutral form. Each field is computed from the body when it is first read, and kept.

    `sent` names the client's own parameters that ask for something: those neither absent nor null nor equal
    to what the protocol assumes without them. Building one never fails; decoders validate the body before.
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

    def __init__(self, body: Any, fields: Fields, sent: frozenset[str] = frozenset()) -> None:
        self.body = body
        self.sent = sent
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        """Reached once a field, before it is kept as an attribute."""
        if name not in CHAT_FIELDS:
            raise AttributeError(f"a chat has no field {name!r}")
        compute = self._fields.get(name)
        value = compute(self.body) if compute else None
        setattr(self, name, value)
        return value
