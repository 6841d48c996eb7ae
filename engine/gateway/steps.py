"""`steps:` calls after the first answer, each until it has what it waits for, and what calls them off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from engine.errors import EngineError, ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Timeouts
from engine.gateway.afterword import LastCall
from engine.gateway.elsewhere import step_call
from engine.gateway.errand import reach
from engine.gateway.outside import Outside
from engine.gateway.reading import Deadlines
from engine.gateway.scrub import scrub
from engine.mapping.after import AfterProgram
from engine.mapping.request import RequestProgram
from engine.mapping.scope import Scope
from engine.mapping.steps import Step
from engine.snapshot.model import Provider

CANCELS = "proxyctl_cancels_total"

# Nobody waits for a cancelling call, but it shall not stay for ever either.
CANCEL_TIMEOUTS = Timeouts(5.0, 10.0, 10.0, 10.0)


class Answered(NamedTuple):
    """A whole answer: no error, parsed; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    data: Any


new_answered = partial(tuple.__new__, Answered)
"""`Answered(…)` of a tuple, without the detour through its keyword-taking constructor."""

Exchange = Callable[[Call], Awaitable[Answered]]


class Following:
    """The calls after the first answer of one attempt.

    `secrets`: what no log may hold · `allowed`: the private networks that addresses of answers may lead to.
    """

    def __init__(
        self,
        outside: Outside,
        provider: Provider,
        scope: Scope,
        deadlines: Deadlines,
        allowed: Sequence[str] = (),
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._outside = outside
        self._provider = provider
        self._scope = scope
        self._deadlines = deadlines
        self._allowed = tuple(allowed)
        self._secrets = secrets
        self._before: Any = None

    async def through(self, steps: Sequence[Step], answer: Answered, exchange: Exchange) -> Answered:
        """Make the calls of all steps; the last answer. Raises what `exchange` raises, and `UpstreamFailed`.

        While a step repeats its call, `data` stays the answer of the step before: that is where the id of
        what is waited for stands.
        """
        for step in steps:
            if self.wants(step, answer):
                answer = await self._repeat(step, exchange)
        return answer

    def wants(self, step: Step, answer: Answered) -> bool:
        """Whether a step is made after this answer. Raises `MappingFailed`."""
        self._before = answer.data
        return step.wanted(answer.data, answer.status, answer.headers, self._scope)

    async def stream_call(self, step: Step) -> Call:
        """The call of a wanted step whose answer is the stream. Raises `EngineError`."""
        await self._rest(0.0)
        return self._call(step.request)

    def _call(self, request: RequestProgram) -> Call:
        own = self._scope.renew(data=self._before)
        return step_call(self._provider, request.render(own), own, self._allowed)

    async def _repeat(self, step: Step, exchange: Exchange) -> Answered:
        calls = 0
        while True:
            await self._rest(step.every if calls else 0.0)
            answer = await exchange(self._call(step.request))
            calls += 1
            own = self._scope.renew(data=self._before)
            if step.done(answer.data, answer.status, answer.headers, own):
                return answer
            if step.max is not None and calls >= step.max:
                message = f"the upstream was not done after {calls} calls (steps.max)"
                raise UpstreamFailed(ErrorInfo(ErrorClass.TIMEOUT, message, "steps_exhausted"))

    async def _rest(self, seconds: float) -> None:
        """Before each further call: of the timeouts only `total` runs on while we wait."""
        if seconds:
            self._deadlines.rest()
            await self._deadlines.wait(self._outside.clock.sleep(seconds))
        self._deadlines.again()

    def last_call(self, after: AfterProgram | None, answer: Answered) -> LastCall | None:
        """What is asked when the stream behind this answer has ended; None when that cannot be said."""
        if after is None:
            return None
        try:
            if not self.wants(after.step, answer):
                return None
            call = self._call(after.step.request)
        except EngineError as failure:
            self._log("a last call could not be made", failure)
            return None
        return LastCall(self._outside, self._provider, call, after, self._scope)

    def call_off(self, cancel: RequestProgram | None) -> Callable[[], None]:
        """What ends the work that these calls wait for; it never fails and is never waited for.

        The call is written now: what it is made of may be large, and a stream may last.
        """
        if cancel is None:
            return _nothing
        try:
            call = self._call(cancel)
        except EngineError as failure:
            self._log("a cancelling call could not be made", failure)
            return _nothing
        call = call._replace(timeouts=CANCEL_TIMEOUTS)
        return partial(_send, self._outside, self._provider, call)

    def give_up(self, cancel: RequestProgram, data: Any) -> None:
        """Call off what the first call began, whose answer is `data`."""
        self._before = data
        self.call_off(cancel)()

    def _log(self, what: str, failure: EngineError) -> None:
        why = scrub(failure.info, self._secrets).message
        fields = {"provider": self._provider.name, "error": why}
        self._outside.telemetry.log("warning", what, fields)


def _nothing() -> None:
    pass


def _send(outside: Outside, provider: Provider, call: Call) -> None:
    outside.background.later(_cancel(outside, provider, call))


async def _cancel(outside: Outside, provider: Provider, call: Call) -> None:
    try:
        reached = await reach(outside, provider, call)
        result = "ok" if 200 <= reached.status < 300 else "refused"
    except UpstreamFailed:
        result = "failed"
    outside.telemetry.counter(CANCELS, {"provider": provider.name, "result": result}).add()
