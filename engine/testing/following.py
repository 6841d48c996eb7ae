"""What a dialect asks after an answer: the next of its `steps`, and the call that would call it all off."""

from __future__ import annotations

from typing import Any

from engine.errors import EngineError
from engine.gateway.elsewhere import step_call
from engine.gateway.prepare import Prepared
from engine.mapping.request import RequestProgram
from engine.snapshot.model import Provider
from engine.testing.facts import request_facts


def following_facts(prepared: Prepared, provider: Provider, data: Any, status: int) -> dict[str, Any]:
    """`next` and `cancel` as requests, where there are such after an answer of this data."""
    operation, scope = prepared.operation, prepared.scope
    steps = (*(operation.opening if prepared.asked else ()), *operation.steps)
    found: dict[str, Any] = {}
    try:
        step = next((each for each in steps if each.wanted(data, status, {}, scope)), None)
        if step is not None:
            found["next"] = _facts(step.request, prepared, provider, data)
        if operation.cancel is not None:
            found["cancel"] = _facts(operation.cancel, prepared, provider, data)
    except EngineError:  # the answer has not what they need: nothing would be asked
        pass
    return found


def _facts(request: RequestProgram, prepared: Prepared, provider: Provider, data: Any) -> dict[str, Any]:
    own = prepared.scope.renew(data=data)
    return request_facts(step_call(provider, request.render(own), own, ()), provider.base_url)
