"""A store of conversations as an action gets it: with the owner whose conversations it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.prompts.prompt import Prompt

NOBODY = ""


class Titling(NamedTuple):
    """How conversations get titles: what is asked, and whom; `model` None is the one that answered."""

    prompt: Prompt
    model: str | None
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Store:
    """`keep` is how many conversations stay, `per` owner or store; None keeps all. `owner` None: all see all.

    `title` is what is told of a conversation that has none yet.
    """

    name: str
    keep: int | None = None
    per: str = "owner"
    owner: Template | None = None
    title: str | None = None
    titling: Titling | None = None

    def opened(self, scope: Scope) -> OpenStore:
        """For one request. An owner that comes to nothing is one that nobody has a name for."""
        owner = self.owner(scope) if self.owner is not None else None
        return OpenStore(self, NOBODY if owner is None else str(owner))


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store as one owner sees it."""

    store: Store
    owner: str = NOBODY

    @property
    def name(self) -> str:
        return self.store.name

    def args(self, **more: Any) -> dict[str, Any]:
        """Of a verb of the database; what is None is not said."""
        return {"store": self.store.name, "owner": self.owner, **_said(more)}

    def making(self, **more: Any) -> dict[str, Any]:
        """Arguments that make a conversation."""
        bounds = {"keep": self.store.keep, "per": self.store.per} if self.store.keep is not None else {}
        return bounds | _said(more)

    def shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A conversation as templates see it."""
        title = row["title"] if row["title"] is not None else self.store.title
        return {**row, "title": title}


def _said(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None}


# What `shown` gives, for the documentation of actions.
CONVERSATION = {
    "id": "Its id.",
    "title": "Its title; until it has one, the store's `title.default`.",
    "owner": "Whose it is.",
    "user": "The owner's own user, if one was named.",
    "messages": "How many messages it has.",
    "created": "Seconds since 1970.",
    "updated": "When its last message was added; seconds since 1970.",
}
MESSAGE = "`number`, `role`, `content`, `model`, `tokens`, `state` (complete | partial), `at`"
