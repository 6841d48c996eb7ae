"""Operations beside the chat for the engine's own callers: the hub's words in, results as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from engine.errors import ErrorInfo
from engine.operations import OPERATIONS
from engine.surfaces.declared.operation import OperationSurface
from engine.surfaces.declared.programs import Asking, Decoding, Encoding, Program

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _AsItIs:
    """Implements `programs.Asking` for bodies and answers that nobody puts in other words."""

    model: Program | None = None
    body: Program | None = None
    known: frozenset[str] | None = None
    names: Names = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    wire: str = ""
    response: Program | None = None


class _NoPrograms:
    """Implements `programs.Programs` where there is nothing to run."""

    name = "neutral"
    operations: Mapping[str, Asking] = {}
    chats = False

    @property
    def decode(self) -> Decoding:
        raise TypeError("nothing is decoded here")

    @property
    def encode(self) -> Encoding:
        raise TypeError("nothing is encoded here")

    def scope(self, names: Mapping[str, Any], clock: Callable[[], float], ids: Callable[[str], str]) -> Any:
        raise TypeError("there are no programs here")

    def state(self) -> dict[str, Any]:
        return {}


class NeutralTask(OperationSurface):
    """An answer is an object of the operation's results, with `id`, `model` and `created`; an error is an
    object of all that an `ErrorInfo` holds, see `neutral.error_of`."""

    def error(self, info: ErrorInfo) -> dict[str, Any]:
        return asdict(info)


@cache
def neutral_task(operation: str) -> NeutralTask:
    return NeutralTask(OPERATIONS[operation], _AsItIs(), _NoPrograms())
