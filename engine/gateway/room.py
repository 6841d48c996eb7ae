"""How much a request needs of a context window, and which targets have it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.gateway.estimate import prompt_tokens
from engine.gateway.plan import Place, Skipped


class Room:
    """Of one request. The estimate is made when a target first says how much it takes.

    What an upstream said outweighs the estimate: a target no larger than one that was too small is out.
    """

    __slots__ = ("_least", "_prompt")

    def __init__(self) -> None:
        self._prompt: int | None = None
        self._least = 0

    def needs(self, place: Place) -> int:
        """Tokens of the prompt and of the answer that was asked for."""
        chat = place.leg.chat
        if self._prompt is None:
            self._prompt = prompt_tokens(chat)
        return max(self._prompt + (chat.max_tokens or 0), self._least)

    def fits(self, place: Place) -> bool:
        context = place.target.context
        return context is None or context >= self.needs(place)

    def may_take(self, place: Place) -> bool:
        """Whether no upstream said that so much room is too little."""
        context = place.target.context
        return context is None or context >= self._least

    def wider(self, place: Place, others: Iterator[Place]) -> Iterator[Place]:
        """Those of the others that say they have more room than a place that was too small."""
        context = place.target.context
        if context is not None:
            self._least = max(self._least, context + 1)
        return iter([other for other in others if other.target.context is not None and self.may_take(other)])

    def skipped(self, place: Place) -> Skipped:
        reason = f"it takes {place.target.context} tokens, the request needs about {self.needs(place)}"
        return Skipped(place.provider.name, "context", reason)
