"""A protocol that is the hub's but for its paths, and for where the model is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.events import Inbound
from engine.surfaces.chat import Chat
from engine.surfaces.declared.operation import operations_of
from engine.surfaces.declared.programs import Programs, reading
from engine.surfaces.openai_chat.surface import ChatCompletions
from engine.surfaces.surface import StandardEndpoint, named_model


class HubVariant(ChatCompletions):
    """Implements `surface.Surface`."""

    def __init__(self, programs: Programs, endpoints: tuple[StandardEndpoint, ...]) -> None:
        self.name = programs.name
        self.endpoints = endpoints
        self.operations = operations_of(programs)
        self._programs = programs

    def model_of(self, body: dict[str, Any], inbound: Inbound) -> str:
        program = self._programs.decode.model
        if program is None:
            return super().model_of(body, inbound)
        names = {"body": body, "headers": inbound.headers, "path": inbound.names, "query": inbound.query}
        return named_model(reading(program, self._programs.scope(names, lambda: 0.0, str)))

    def read(
        self,
        body: dict[str, Any],
        inbound: Inbound,
        params: Mapping[str, Any],
        override: Mapping[str, Any],
    ) -> tuple[dict[str, Any], Chat]:
        """The hub's own reading, of a body that names its model, wherever the client named it."""
        if "model" not in body:
            body = {**body, "model": self.model_of(body, inbound)}
        return super().read(body, inbound, params, override)
