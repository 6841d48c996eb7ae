"""The shipped dialects, compiled, and what runs them without a gateway."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.events import Event
from engine.globs import matches
from engine.mapping.dialect import Dialect, compile_dialect
from engine.mapping.scope import Scope
from engine.surfaces.chat import Chat
from engine.surfaces.openai_chat.decode import decode
from engine.tree import Mapping, merge, to_data

SHIPPED = Path(__file__).resolve().parents[2] / "engine" / "library" / "dialects"
"""Path of the shipped dialects."""


def names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.yaml") if not path.stem.endswith(".test"))


def tree(name: str) -> Mapping:
    """The dialect's YAML with what it extends."""
    problems = Problems()
    file = parse_yaml(f"{name}.yaml", (SHIPPED / f"{name}.yaml").read_bytes(), problems)
    assert file is not None and not problems.items, problems.items
    own = file.entries["dialects"].value.entries[name].value  # type: ignore[union-attr]
    assert isinstance(own, Mapping)
    base = own.get("extends")
    merged = merge(tree(to_data(base)), own) if base else own
    assert isinstance(merged, Mapping)
    return merged


@cache
def compiled(name: str) -> Dialect:
    problems = Problems()
    dialect = compile_dialect(name, tree(name), problems)
    assert not problems.items, "\n".join(
        f"{item.at}: {item.message} {item.hint or ''}" for item in problems.items
    )
    return dialect


def scope(name: str, *, chat: Chat | None = None, model: str = "m", **given: Any) -> Scope:
    """A scope as the gateway makes it: the dialect's own parameters, features by model."""
    dialect = compiled(name)
    features = {
        feature: any(matches(glob, model) for glob in globs) for feature, globs in dialect.features.items()
    }
    body = chat.body if chat else {}
    defaults: dict[str, Any] = {
        "chat": chat or decode({"model": model, "messages": [{"role": "user", "content": "hi"}]}),
        "body": body,
        "model": model,
        "params": dict(dialect.params),
        "features": features,
        "credential": {"key": "sk-test"},
        "headers": {},
        "route": {"surface": "openai-chat"},
        "client": {},
        "state": {},
    }
    counter = iter(range(1, 10**6))
    return Scope(
        clock=lambda: 1_700_000_000.0, ids=lambda prefix: f"{prefix}{next(counter)}", **{**defaults, **given}
    )


__all__ = ["Chat", "Event", "compiled", "decode", "names", "scope", "tree"]
