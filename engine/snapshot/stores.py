"""Stores of conversations: from what is declared to what actions work with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from engine.actions.store import Store, Titling
from engine.actions.titles import VARIABLES
from engine.diagnostics import Problems
from engine.mapping.template import Template
from engine.prompts.prompt import Prompt
from engine.snapshot.cache import Cache
from engine.spec.conversation import Conversations, ConversationTitle


def build_stores(
    declared: Mapping[str, Conversations], prompts: Mapping[str, Prompt], cache: Cache, problems: Problems
) -> dict[str, Store]:
    built = {}
    for name, store in declared.items():
        prompt = prompts.get(store.title.prompt) if store.title and store.title.prompt else None
        make = partial(_build, name, store, prompt)
        built[name] = cache.make("conversation", name, (store, prompt), make, problems)
    return built


def _build(name: str, declared: Conversations, prompt: Prompt | None, problems: Problems) -> Store:
    path = f"conversations.{name}"
    owner = None
    if declared.owner is not None:
        owner = Template.compile(declared.owner, "endpoint", problems, f"{path}.owner")
    title = declared.title
    default = title.default if title else None
    titling = None if title is None else _titling(title, prompt, f"{path}.title", problems)
    return Store(name, declared.keep, declared.per, owner, default, titling)


def _titling(
    declared: ConversationTitle, prompt: Prompt | None, path: str, problems: Problems
) -> Titling | None:
    """None without a prompt, and for one that wants what a title's prompt is not given."""
    if declared.prompt is None:
        for key in ("model", "params"):
            if declared.written.place(key) is not None:
                message = f"`{key}` has no effect without a `prompt` that asks for a title"
                problems.warning(declared.place(key), "no-effect", message, path=f"{path}.{key}")
        return None
    if prompt is None:
        return None  # which the check of references reports
    for variable in sorted(prompt.needed - VARIABLES):
        message = (
            f"prompt {prompt.name!r} needs the variable {variable!r}, which a title's prompt is not given"
        )
        hint = f"it is given {', '.join(sorted(VARIABLES))}"
        problems.error(
            declared.place("prompt"), "missing-variable", message, hint=hint, path=f"{path}.prompt"
        )
    return Titling(prompt, declared.model, dict(declared.params))
