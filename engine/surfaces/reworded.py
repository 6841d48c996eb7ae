"""A client protocol whose errors an endpoint tells in its own words, and where a model need not be named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import ErrorInfo
from engine.events import Inbound
from engine.surfaces.surface import Surface


class Reworded:
    """Implements `Surface` over another one. What ends a stream stays as clients of the protocol know it.

    `words` and `status` make the body and the status of an error; `model` is asked where none is named; if it
    is `fixed`, whatever is named.
    """

    def __init__(
        self,
        surface: Surface,
        words: Callable[[ErrorInfo], Any] | None,
        status: Callable[[ErrorInfo], int] | None,
        model: str | None = None,
        fixed: bool = False,
    ) -> None:
        self._surface = surface
        self._words = words or surface.error
        self._status = status
        self._model = model
        self._fixed = fixed
        self.operations: dict[str, Any] = {
            name: Reworded(each, words, status, model, fixed) for name, each in surface.operations.items()
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self._surface, name)

    def error(self, info: ErrorInfo) -> Any:
        return self._words(info)

    def status_of(self, info: ErrorInfo) -> int:
        return info.status if self._status is None else self._status(info)

    def model_of(self, body: dict[str, Any], inbound: Inbound) -> str:
        if self._model is not None and body.get("model") is None:
            body["model"] = self._model
        if self._model is not None and self._fixed:
            return self._model
        return self._surface.model_of(body, inbound)


def status_of(surface: Surface, info: ErrorInfo) -> int:
    """The status that an error is told with."""
    return surface.status_of(info) if isinstance(surface, Reworded) else info.status
