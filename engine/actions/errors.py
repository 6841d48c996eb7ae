"""How an endpoint tells errors: in a style, or by a template over `error`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from engine.errors import ErrorInfo
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.surfaces.declared.encode import error_names


class Stage(StrEnum):
    """How far a request had come: before anybody looked into it, while it was read, while it was served."""

    DOOR = "door"
    REQUEST = "request"
    ACTION = "action"


class Wrong(NamedTuple):
    """A field of a body that is wrong; `param` is its path, `code` as in `ErrorInfo`."""

    param: str
    code: str
    message: str


class Failure(NamedTuple):
    """An error, and which fields are to blame, if any are. `request`: what was read of the request."""

    info: ErrorInfo
    stage: Stage
    wrong: Sequence[Wrong] = ()
    request: Scope | None = None

    def scope(self) -> Scope:
        """What templates see."""
        error = self.names()
        return Scope(error=error) if self.request is None else self.request.fork(error=error)

    def names(self) -> dict[str, Any]:
        """What templates know of it."""
        return {**error_names(self.info), "stage": self.stage.value, "detail": self.detail()}

    def detail(self) -> Any:
        """The message; of a request that is wrong, a list of `{loc, msg, type}`, one for each wrong field."""
        if self.stage is not Stage.REQUEST:
            return self.info.message
        own = Wrong(self.info.param or "", self.info.code or "invalid", self.info.message)
        return [_line(wrong) for wrong in self.wrong or (own,)]


# What codes and messages are called there; any other is told as it is.
DETAIL_TYPES = {"missing_required_parameter": "missing", "invalid_json": "json_invalid"}
DETAIL_MESSAGES = {"missing_required_parameter": "Field required"}
UNREADABLE = 422


def _line(wrong: Wrong) -> dict[str, Any]:
    return {
        "loc": ["body", *_steps(wrong.param)],
        "msg": DETAIL_MESSAGES.get(wrong.code, wrong.message),
        "type": DETAIL_TYPES.get(wrong.code, wrong.code),
    }


def _steps(param: str) -> list[str | int]:
    """`a.b[0]` as `["a", "b", 0]`."""
    parts = param.replace("[", ".[").split(".")
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts if part]


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """`shape` makes the body, `status` may set another status, `unread` is that of a wrong request."""

    shape: Callable[[Failure], Any]
    status: Program | None = None
    unread: int | None = None

    def body(self, failure: Failure) -> Any:
        return self.shape(failure)

    def status_of(self, failure: Failure) -> int:
        if self.status is not None:
            wanted = self.status(failure.scope())
            if isinstance(wanted, int) and not isinstance(wanted, bool) and 100 <= wanted <= 599:
                return wanted
        own = failure.info.status
        return self.unread if self.unread and failure.stage is Stage.REQUEST and own == 400 else own


def detail_shape(status: Program | None) -> ErrorShape:
    return ErrorShape(lambda failure: {"detail": failure.detail()}, status, UNREADABLE)


def template_shape(template: Program, status: Program | None) -> ErrorShape:
    return ErrorShape(lambda failure: template(failure.scope()), status)
