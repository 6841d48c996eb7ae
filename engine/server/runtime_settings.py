"""Settings that change at run time: shown without secrets, set as a whole or not at all.

A change is checked, kept in its file, and served by a reload on every worker; if the site does not compile
with it, the file is put back as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.adapters.kept_json import KeptJson, Unkept
from engine.config.runtime_settings import Value, of_json
from engine.errors import EngineError, EngineUnavailable, RequestRefused
from engine.server.published import Published
from engine.snapshot.model import Snapshot
from engine.spec.forms import of_text

MOST_TOLD = 3
# Stands for a secret that is set, where one has to stand; who sends it back changes nothing.
MASK = "********"
JSON_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean"}

Json = dict[str, Any]
# File → name → what is kept there, None for nothing.
Changes = dict[str, dict[str, Any]]


class Keeps(Protocol):
    """What is wanted of a worker's `Keeper`."""

    @property
    def published(self) -> Published | None: ...

    async def reload_now(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """`note(what, target, who)` writes the audit. Raises `EngineError`."""

    site: Path
    served: Callable[[], Snapshot | None]
    keeper: Keeps
    note: Callable[[str, str, str], Awaitable[None]]
    changing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def values(self) -> Mapping[str, Value]:
        snapshot = self.served()
        if snapshot is None:
            raise EngineUnavailable("nothing is served yet", code="not_ready", retry_after=1.0)
        return snapshot.values

    def all(self) -> list[Json]:
        return [told(value) for value in self.values.values()]

    async def set(self, given: Mapping[str, Any], who: str) -> list[str]:
        """`{NAME: value}`; null goes back to what the site says, MASK leaves a secret as it is. All of them,
        or none. The names that were changed."""
        given = {name: value for name, value in given.items() if not self._is_masked(name, value)}
        if not given:
            return []
        async with self.changing:
            changes = self._checked(given)
            before: Changes = {}
            try:
                await asyncio.to_thread(self._keep, changes, before)
                await self._serve()
            except EngineError:
                await asyncio.to_thread(self._keep, before, {})
                await self._serve_again()
                raise
        await self.note("settings changed", ", ".join(sorted(given)), who)
        return sorted(given)

    def _is_masked(self, name: str, value: Any) -> bool:
        known = self.values.get(name)
        return known is not None and known.declared.secret and value == MASK

    def _checked(self, given: Mapping[str, Any]) -> Changes:
        changes: Changes = {}
        for name, value in given.items():
            known = self.values.get(name)
            if known is None:
                message = f"there is no setting {name[:80]!r}; there is {', '.join(self.values) or 'none'}"
                raise RequestRefused(message, param=name[:80], code="unknown_setting")
            changes.setdefault(known.file, {})[name] = None if value is None else _kept(known, value)
        return changes

    def _keep(self, changes: Changes, before: Changes) -> None:
        """Write `changes`; `before` gets what was there."""
        for file, fresh in changes.items():

            def change(held: Json, file: str = file, fresh: Json = fresh) -> Json:
                before[file] = {name: held.get(name) for name in fresh}
                after = {**held, **fresh}
                return {name: value for name, value in after.items() if value is not None}

            try:
                KeptJson(self.site / file).change(change)
            except Unkept as exc:
                raise EngineUnavailable(str(exc), code="not_kept") from exc

    async def _serve(self) -> None:
        """Reload on all workers. Raises `RequestRefused` when that would not serve all that is served now."""
        published = self.keeper.published
        rejected = set(published.rejected) if published else set()
        loaded_at = published.loaded_at if published else 0.0
        result = await self.keeper.reload_now()
        broken = sorted(set(result["rejected"]) - rejected)
        if broken or result["loaded_at"] <= loaded_at:
            raise _refused(result["files"], broken)

    async def _serve_again(self) -> None:
        with suppress(EngineError):  # the leader looks at the file by itself
            await self.keeper.reload_now()


def told(value: Value) -> Json:
    """A setting for people; of a secret only whether there is one."""
    declared = value.declared
    return {
        "name": value.name,
        "type": declared.type,
        "label": declared.label,
        "value": None if declared.secret else value.value,
        "set": bool(value.text),
        "secret": declared.secret,
        "source": "kept" if value.kept else "site",
        "choices": list(declared.choices) if declared.choices is not None else None,
        "minimum": declared.minimum,
        "maximum": declared.maximum,
        "file": value.file,
    }


def _kept(known: Value, value: Any) -> Any:
    """As it stands in the file: of its JSON type."""
    try:
        text = of_json(known.declared, value)
    except ValueError as exc:
        raise RequestRefused(f"{known.name}: {exc}", param=known.name, code="invalid_value") from None
    kind = JSON_TYPES.get(known.declared.type)
    return text if kind is None else of_text(kind, text)


def _refused(files: Mapping[str, Any], broken: list[str]) -> RequestRefused:
    """Why the site does not compile with a change."""
    states = [files[path] for path in broken if path in files] or list(files.values())
    errors = [item for state in states for item in state["diagnostics"] if item["severity"] == "error"]
    shown = "; ".join(f"{item['file']}:{item['line']}: {item['message']}" for item in errors[:MOST_TOLD])
    message = f"the site does not compile with this, so nothing was changed: {shown or 'see the log'}"
    return RequestRefused(message, code="setting_refused")
