"""An endpoint over an action, compiled: what it takes of a request, and how it tells what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions.action import Action, Outcome
from engine.actions.errors import ErrorShape, Failure, Stage
from engine.actions.frames import CONTENT_TYPE, frames_of
from engine.actions.inputs import Inputs
from engine.actions.profile import ProfileShape
from engine.actions.request import RequestCheck
from engine.errors import ErrorInfo
from engine.mapping.program import Program
from engine.mapping.scope import Scope

# Texts that say no; they come from the environment, where there is nothing but text.
NOES = frozenset({"", "0", "false", "no", "off", "none", "null"})


def says_yes(value: Any) -> bool:
    """Whether a template's value is a yes."""
    return value.strip().lower() not in NOES if isinstance(value, str) else bool(value)


@dataclass(frozen=True, slots=True)
class Bearer:
    """One token for an endpoint. `token` empty: nobody comes in while it is asked for."""

    token: str
    when: Program | None = None

    def __repr__(self) -> str:
        return "Bearer(…)"

    def asked(self, scope: Scope) -> bool:
        return self.when is None or says_yes(self.when(scope))


@dataclass(frozen=True, slots=True)
class StreamShape:
    """How an answer is streamed. `in_band`: a failure before the first event is an event, too."""

    when: Program | None
    each: Program | None
    done: Program | None
    error: Program | None
    kinds: frozenset[str]
    in_band: bool = False

    def asked(self, scope: Scope) -> bool:
        return self.when is None or says_yes(self.when(scope))

    def event(self, event: Mapping[str, Any], scope: Scope) -> bytes:
        if event["kind"] not in self.kinds:
            return b""
        return frames_of(dict(event) if self.each is None else self.each(scope.fork(event=dict(event))))

    def end(self, outcome: Outcome, scope: Scope) -> bytes:
        return frames_of(self.done(scope.fork(result=outcome.result)) if self.done else "[DONE]")

    def failure(self, failure: Failure, shape: ErrorShape) -> bytes:
        if self.error is None:
            return frames_of(shape.body(failure))
        return frames_of(self.error(failure.scope()))


@dataclass(frozen=True, slots=True)
class ActionProgram:
    """One endpoint. Raises, as all templates do, `MappingFailed` and `RequestRefused`."""

    action: Action
    inputs: Inputs
    errors: ErrorShape
    check: RequestCheck | None = None
    response: Program | None = None
    status: Program | None = None
    stream: StreamShape | None = None
    schema: Mapping[str, Any] | None = None
    """What `check` was made of."""
    profile: ProfileShape | None = None
    answers: Mapping[str, Any] | None = None
    """A JSON Schema of whole answers, as far as it is known."""

    def streams(self, scope: Scope) -> bool:
        return self.stream is not None and self.stream.asked(scope)

    def body(self, outcome: Outcome, scope: Scope) -> Any:
        """The JSON of a whole answer."""
        if self.response is None:
            return outcome.result
        return self.response(scope.fork(result=outcome.result, completion=outcome.completion))

    def status_of(self, outcome: Outcome, scope: Scope) -> int:
        """The status that the endpoint says, else the action's, else 200."""
        wanted = None
        if self.status is not None:
            wanted = self.status(scope.fork(result=outcome.result, completion=outcome.completion))
        if isinstance(wanted, int) and not isinstance(wanted, bool) and 200 <= wanted <= 599:
            return wanted
        return outcome.status or 200

    def last_words(self, info: ErrorInfo, content_type: str) -> bytes | None:
        """The event that ends a stream which is cut off."""
        if self.stream is None or content_type != CONTENT_TYPE:
            return None
        return self.stream.failure(Failure(info, Stage.ACTION), self.errors)
