"""Protocols that are the hub's but for their paths."""

from __future__ import annotations

from engine.surfaces.declared.hub import HubVariant
from tests.surfaces.declared.surfaces import inbound, programs


def test_the_model_is_where_it_says() -> None:
    deployments = HubVariant(programs("{decode: {model: =path.deployment}}"), ())
    assert deployments.model_of({"model": "x"}, inbound(names={"deployment": "a"})) == "a"
    assert deployments.hub and deployments.wire == "openai-chat" and deployments.name == "small"
    seen, chat = deployments.read(
        {"messages": [{"role": "user", "content": "hi"}]}, inbound(names={"deployment": "a"}), {}, {}
    )
    assert seen["model"] == "a" and chat.turns
    assert HubVariant(programs("{}"), ()).model_of({"model": "x"}, inbound()) == "x"
