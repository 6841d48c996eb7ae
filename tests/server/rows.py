"""Rows of stored credentials as the clerk publishes them."""

from __future__ import annotations

from typing import Any

from engine.adapters.safe import Safe


def row(safe: Safe | None, pool: str = "p", id: str = "a", **more: Any) -> dict[str, Any]:
    """`key` (and `fields`) are what is sealed; without a safe there is no data."""
    fields = {"key": more.pop("key", f"sk-{id}-123456"), **more.pop("fields", {})}
    data, key_id = safe.seal(pool, id, fields) if safe else ("", None)
    return {
        "pool": pool, "id": id, "data": data, "key_id": key_id, "weight": 1.0, "models": None, "limits": None,
        "expires": None, "created": 1.0, "updated": 1.0, "provider": None, "disabled": None, "enabled": None,
        "lease": None, "problem": None, **more,
    }  # fmt: skip
