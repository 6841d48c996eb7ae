"""Recorded requests of a platform's own clients, through its protocol and back to it: nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.library.corpus import needs_recordings, recordings
from tests.matrix.engine import engine
from tests.matrix.script import Script

pytestmark = needs_recordings

PATHS = {
    "anthropic-messages": ("anthropic", "/v1/messages"),
    "cohere-chat-v2": ("cohere", "/v2/chat"),
    "ollama-chat": ("ollama", "/api/chat"),
    "gemini-generate": ("gemini", "/v1beta/models/gemini:{action}"),
    "vertex-generate": ("vertex", "/v1beta/models/vertex:{action}"),
}
# What says nothing: defaults, the role of a system's text, where a platform's client wrote them down all the same.
MUTE = ("user", "5m", "ephemeral", False)


def requests() -> list[Any]:
    asked = [
        record for record in recordings(*PATHS) if isinstance((record["request"] or {}).get("body"), dict)
    ]
    return [pytest.param(record, id=record["id"]) for record in asked]


def leaves(value: Any) -> set[Any]:
    """All values of a tree, whatever they are called; base64 in one alphabet, constants in one case."""
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(leaves, value))
    return {value.lower().replace("-", "+").replace("_", "/") if isinstance(value, str) else value}


@pytest.mark.parametrize("record", requests())
def test_nothing_is_lost_between_a_platform_and_its_own_clients(record: dict[str, Any]) -> None:
    alias, path = PATHS[record["api"]]
    asked = record["request"]["body"]
    action = record["request"]["path"].rpartition(":")[2].partition("?")[0]
    body = orjson.dumps(asked if "{action}" in path else {**asked, "model": alias})
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    status, told = engine().post(path.format(action=action), headers, body, Script(text=("a",)))
    assert status == 200, told
    sent = leaves(orjson.loads(engine().sent()))
    lost = leaves({**asked, "model": None}) - sent - leaves(list(MUTE)) - {None, ""}
    reported = leaves([asked.get(name) for name in engine().lost()])
    assert not lost - reported, f"{lost - reported}; reported: {engine().lost()}"
