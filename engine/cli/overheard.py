"""What the environment and files told while a site was compiled, so that no command shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from engine.gateway.scrub import MASK, SHORTEST_SECRET
from engine.ports import Secrets

ADDRESSES = ("http://", "https://", "scripted:")
ENCODED_MASK = quote(MASK, safe="")


class Overheard:
    """Implements `ports.Secrets`; remembers every value that it gave."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._values: set[str] = set()

    def env(self, name: str) -> str | None:
        return self._remembered(self._secrets.env(name))

    def file(self, path: str) -> str | None:
        return self._remembered(self._secrets.file(path))

    def _remembered(self, value: str | None) -> str | None:
        if value is not None and len(value) >= SHORTEST_SECRET:
            self._values.add(value)
        return value

    def hidden(self, told: Any, shown: Iterable[str] = ()) -> Any:
        """JSON data without those values, also where they stand in a URL.

        Plain addresses stay, and so do the names in `shown`: what they are is the point of telling.
        """
        return _without(told, list(self.secrets(shown)))

    def secrets(self, shown: Iterable[str] = ()) -> tuple[str, ...]:
        """Those values, longest first."""
        secret = {value for value in self._values - set(shown) if not _is_address(value)}
        spelled = {*secret, *(quote(value, safe="") for value in secret)}
        return tuple(sorted(spelled, key=len, reverse=True))


def _is_address(value: str) -> bool:
    return value.startswith(ADDRESSES) and "@" not in value and "?" not in value


def _without(told: Any, secrets: list[str]) -> Any:
    if isinstance(told, dict):
        return {key: _without(value, secrets) for key, value in told.items()}
    if isinstance(told, list):
        return [_without(item, secrets) for item in told]
    if isinstance(told, str):
        for secret in secrets:
            told = told.replace(secret, MASK)
        return told.replace(ENCODED_MASK, MASK)
    return told
