"""What a template sees while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.events import CHAT_FIELDS

# Stands for `chat` where the operation has none: every field is null.
NO_CHAT = type("NoChat", (), dict.fromkeys(CHAT_FIELDS))()


# What JSON gives, which is as expressions want it.
PLAIN = frozenset({dict, list, str, int, float, bool, type(None)})


# The cell of `now()`; the others are those of `let`.
NOW = "now()"


def _no_clock() -> float:
    raise ValueError("now() has no clock here")


def _no_ids(prefix: str) -> str:
    raise ValueError("uid() has no source of ids here")


class Scope:
    """The names of one attempt. A name that is not given is null; `names.py` says who sees which.

    `body`: the client's JSON · `chat`: the neutral request (an object with the attributes of
    `events.CHAT_FIELDS`) · `headers`: the client's, `reply_headers`: the upstream's, both `dict[str, str]`
    in lower case · `state`: what `$set` writes · `cells`: what was evaluated once (`let`, `now()`).
    `clock` gives seconds since 1970, `ids` an id for a prefix.
    """

    body: Any = None
    chat: Any = NO_CHAT
    model: Any = None
    params: Any = None
    features: Any = None
    route: Any = None
    client: Any = None
    credential: Any = None
    headers: Any = None
    event: Any = None
    data: Any = None
    state: Any = None
    status: Any = None
    text: Any = None
    reply_headers: Any = None
    method: Any = None
    path: Any = None
    query: Any = None
    payload: Any = None
    result: Any = None
    completion: Any = None
    error: Any = None
    claims: Any = None
    login: Any = None
    kind: Any = None
    choice: Any = None
    models: Any = None
    tokens: Any = None
    profile: Any = None

    def __init__(
        self, *, clock: Callable[[], float] = _no_clock, ids: Callable[[str], str] = _no_ids, **names: Any
    ) -> None:
        self._clock = clock
        self._ids = ids
        self.cells: dict[str, Any] = {}
        self.lost: list[str] = []
        if names:
            self._set(names)

    @classmethod
    def of_answer(cls, data: Any, status: int, headers: Mapping[str, str], text: str) -> Scope:
        """For what reads an upstream's answer and nothing else: no `let`, no clock, no ids."""
        scope = cls.__new__(cls)
        scope.data = data
        scope.status = status
        scope.reply_headers = headers if type(headers) is dict else dict(headers)
        scope.text = text
        return scope

    def fork(self, **changes: Any) -> Scope:
        """The same attempt seen from another position: `let` names and `now()` stay what they are."""
        other = Scope.__new__(Scope)
        other.__dict__ = self.__dict__.copy()
        other._set(changes)
        return other

    def without_request(self) -> Scope:
        """The same attempt without what the client sent, for whoever lasts long and reads nothing of it."""
        other = self.fork(body=None, chat=NO_CHAT)
        other.cells = {name: value for name, value in self.cells.items() if name == NOW}
        return other

    def renew(self, **changes: Any) -> Scope:
        """The next attempt, or the next step: `let` names and `now()` are evaluated anew."""
        other = self.fork(**changes)
        other.cells = {}
        other.lost = []
        return other

    def now(self) -> float:
        """Seconds since 1970, the same within one attempt."""
        now = self.cells.get(NOW)
        if now is None:
            now = self.cells[NOW] = self._clock()
        return float(now)

    def uid(self, prefix: str = "") -> str:
        return self._ids(prefix)

    def _set(self, names: dict[str, Any]) -> None:
        """Raises TypeError for a name that no template knows."""
        if not NAMES.issuperset(names):
            raise TypeError(f"no such name: {', '.join(names.keys() - NAMES)}")
        for name, value in names.items():
            if value.__class__ not in PLAIN and isinstance(value, Mapping):
                # Expressions know dict alone for an object.
                names[name] = dict(value)
        self.__dict__.update(names)
        if self.chat is None:
            self.chat = NO_CHAT


NAMES = frozenset(Scope.__annotations__)
