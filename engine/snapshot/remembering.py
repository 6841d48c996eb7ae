"""`remember:` of endpoints: from what is declared to what is served from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actions.remembering import Remembering
from engine.actions.store import Store
from engine.diagnostics import Problems
from engine.snapshot.actions import Templates
from engine.spec.endpoint import Endpoint
from engine.surfaces.listening import Listening
from engine.surfaces.surface import Surface
from engine.tree import Scalar


def build_remembering(
    name: str, declared: Endpoint, surface: Surface, stores: Mapping[str, Store], problems: Problems
) -> Remembering | None:
    """None where nothing is written down, and, with a problem noted, where it cannot be said what."""
    remember = declared.remember
    if remember is None:
        return None
    path, own = f"endpoints.{name}.remember", Problems()
    templates = Templates(path, own)
    conversation = templates.add(remember.conversation, "conversation", "endpoint")
    user = templates.maybe(remember.user, "user", "endpoint")
    templates.build(Scalar(None, declared.at))
    problems.extend(own.items)
    store = stores.get(remember.conversations)
    if own.has_errors or store is None:
        return None  # an unknown store is reported by the check of references
    listening: Any = Listening(surface)
    return Remembering(store, conversation, user, listening)


def refuse_remembering(declared: Endpoint, path: str, kind: str, problems: Problems) -> None:
    """Where there is no chat of a client protocol, there is nothing to write down."""
    if declared.remember is not None:
        message = f"`remember` is for the chat of a `surface`; this endpoint has {kind}"
        hint = "the action `chat` has a turn of a stored conversation"
        at = declared.place("remember")
        problems.error(at, "nothing-to-remember", message, hint=hint, path=f"{path}.remember")
