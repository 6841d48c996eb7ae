"""Credentials never leave in a message, not even when an upstream repeats them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from engine.credentials.model import Credential
from engine.errors import ErrorInfo

MASK = "***"

# Shorter values are words ("eu", "prod"); no key is that short.
SHORTEST_SECRET = 6

# Names of a credential that are no secret, though they stand beside one.
OPEN_NAMES = frozenset({"id", "region", "weight", "models", "expires"})

# Upstreams repeat a key half hidden: its beginning, stars or dots, its end. The beginning is short: without
# an end to it, a text of nothing but beginnings would take time that grows with the square of its length.
SHOWN = 4
HALF_HIDDEN = r"[\w-]{0,64}+(?:\*+|\.{3,}|…)[\w-]*"


def secrets_of(credential: Credential | None, further: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Values of a credential that no message may hold, plain and as they stand in a URL, longest first.

    `further`: those of a provider's headers.
    """
    if credential is None and not further:
        return ()
    found = {credential.key or "", *_texts(credential.data), *further} if credential else set(further)
    plain = {text for text in found if len(text) >= SHORTEST_SECRET}
    return tuple(sorted(plain | {quote(text, safe="") for text in plain}, key=len, reverse=True))


def _texts(data: Mapping[str, Any]) -> Iterable[str]:
    for name, value in data.items():
        if name in OPEN_NAMES:
            continue
        yield from _texts_of(value)


def _texts_of(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_of(each)


def scrub_text(text: str, secrets: tuple[str, ...]) -> str:
    """The text without the secrets, also where one is shown half hidden."""
    for secret in secrets:
        text = text.replace(secret, MASK)
        text = re.sub(re.escape(secret[:SHOWN]) + HALF_HIDDEN, MASK, text)
    return text


def scrub_bytes(data: bytes, secrets: tuple[str, ...]) -> bytes:
    return scrub_text(data.decode("utf-8", "surrogateescape"), secrets).encode("utf-8", "surrogateescape")


class ScrubbedPieces:
    """Bytes that come in pieces, without the secrets, wherever they are cut."""

    __slots__ = ("_held", "_longest", "_secrets")

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = [secret.encode("utf-8", "surrogateescape") for secret in secrets]
        self._longest = max(map(len, self._secrets), default=1)
        self._held = b""

    def feed(self, piece: bytes | None) -> bytes:
        """What is safe to give; None is the end."""
        data = self._held + (piece or b"")
        for secret in self._secrets:
            data = data.replace(secret, MASK.encode())
        safe = len(data) if piece is None else max(0, len(data) - self._longest + 1)
        self._held = data[safe:]
        return data[:safe]


def scrub(info: ErrorInfo, secrets: tuple[str, ...]) -> ErrorInfo:
    """The error without any value of the credential that was used."""
    if not secrets:
        return info
    message = scrub_text(info.message, secrets)
    code = scrub_text(info.code, secrets) if info.code else info.code
    param = scrub_text(info.param, secrets) if info.param else info.param
    return replace(info, message=message, code=code, param=param)
