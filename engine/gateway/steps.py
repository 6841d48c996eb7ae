"""`response.steps`: the calls that follow the first answer, each until it has what it waits for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call
from engine.gateway.prepare import encode_body, signed_call
from engine.mapping.scope import Scope
from engine.mapping.steps import Step, StepsProgram
from engine.snapshot.model import Provider


class Answered(NamedTuple):
    """A whole answer: no error, parsed; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    data: Any


Exchange = Callable[[Call], Awaitable[Answered]]
Rest = Callable[[float], Awaitable[None]]


async def follow(
    steps: StepsProgram, answer: Answered, provider: Provider, scope: Scope, exchange: Exchange, rest: Rest
) -> Answered:
    """Make the calls of all steps; the last answer. Raises what `exchange` raises, and `UpstreamFailed`.

    While a step repeats its call, `data` stays the answer of the step before: that is where the id of
    what is waited for stands.
    """
    for step in steps.steps:
        answer = await _repeat(step, answer, provider, scope, exchange, rest)
    return answer


async def _repeat(
    step: Step, before: Answered, provider: Provider, scope: Scope, exchange: Exchange, rest: Rest
) -> Answered:
    calls = 0
    while True:
        await rest(step.every if calls else 0.0)
        own = scope.renew(data=before.data)
        rendered = step.request.render(own)
        answer = await exchange(signed_call(provider, rendered, encode_body(rendered.body, provider), own))
        calls += 1
        if step.done(answer.data, answer.status, answer.headers, own):
            return answer
        if step.max is not None and calls >= step.max:
            message = f"the upstream was not done after {calls} calls (steps.max)"
            raise UpstreamFailed(ErrorInfo(ErrorClass.TIMEOUT, message, "steps_exhausted"))
