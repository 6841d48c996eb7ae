"""What actions over an operation beside the chat have in common: inputs that go on as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.actions.action import Given, Input
from engine.ports import Tools

TEXT = {"type": "string"}

MODEL = Input("model", "The alias that is asked.", TEXT, required=True)
CREDENTIAL = Input("credential", "The caller's own key, where a provider asks for it.", TEXT)

ANSWERED = {
    "model": "The model that answered.",
    "usage": "`prompt output total units`, as far as they are told.",
}


async def perform(operation: str, given: Given, tools: Tools, fields: Sequence[str]) -> dict[str, Any]:
    """The operation with these inputs, as far as they were given. Raises `EngineError`."""
    body = {name: given[name] for name in ("model", *fields) if name in given}
    return dict(await tools.perform(operation, body, credential=given.get("credential")))
