"""What a strategy may ask about a request: each answer is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from engine.gateway.estimate import tokens_of
from engine.gateway.experience import Experience
from engine.gateway.outside import Outside
from engine.gateway.plan import Leg, Place
from engine.gateway.request import Request
from engine.routing.latency import STREAM, WHOLE, Timed

# A conversation is known by how it began; whatever is behind this does not change that.
LONGEST_BEGINNING = 4096


class Moment:
    """Implements `plan.Chances` for one leg of a request."""

    __slots__ = ("_experience", "_leg", "_outside", "_request", "_tokens", "random")

    def __init__(self, request: Request, leg: Leg, outside: Outside, experience: Experience) -> None:
        self._request = request
        self._leg = leg
        self._outside = outside
        self._experience = experience
        self._tokens: tuple[int, int] | None = None
        self.random: Callable[[], float] = outside.entropy.random

    @property
    def explore(self) -> float:
        return self._leg.alias.explore

    def turn(self) -> int:
        return self._outside.counters.next(f"turn-of/{self._leg.alias.name}")

    def key(self) -> str | None:
        return self.key_of(self._leg.alias.by)

    def key_of(self, by: str) -> str | None:
        return key_of(by, self._request, self._leg)

    def busy(self, option: Place) -> int:
        return self._outside.counters.busy(busy_key(option.label))

    def latency(self, option: Place) -> float | None:
        name, now = timed_name(option), self._outside.clock.monotonic()
        seconds = self._experience.latencies.of(name, now)
        if seconds is None:
            self._experience.latencies.trying(name, now)
        return seconds

    def cost(self, option: Place) -> float | None:
        if self._tokens is None:
            self._tokens = tokens_of(self._leg.chat)
        return cost_at(option, self._tokens)


def cost_at(place: Place, tokens: tuple[int, int]) -> float | None:
    """What so many tokens, of prompt and answer, would cost there, in US dollars; None: nobody knows."""
    price = place.target.price_of(place.model)
    return None if price is None else price.estimate(*tokens)


def key_of(by: str, request: Request, leg: Leg) -> str | None:
    """What a request belongs to: its client, a header of it, or how its conversation began."""
    if by == "client":
        return request.client.name if request.client else request.inbound.remote or None
    if by == "conversation":
        return _beginning(leg.chat)
    return request.inbound.headers.get(by.removeprefix("header:").lower()) or None


def _beginning(chat: Any) -> str:
    """The system's words and the first turn, which every further request of a conversation repeats."""
    return repr(orjson.dumps([chat.system, chat.turns[:1]], default=str)[:LONGEST_BEGINNING])


def busy_key(label: str) -> str:
    """Counter key of the requests that a target is answering."""
    return f"busy/{label}"


def timed_name(place: Place) -> Timed:
    """Under which the times of a target are kept."""
    return place.label, STREAM if place.leg.chat.stream else WHOLE
