"""Credentials that are stored encrypted, and the keys for it."""

from __future__ import annotations

import importlib
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson

KEY_FILE = "key"
SHORTEST_KEY = 16
KEY_BYTES = 32


class Sealed(NamedTuple):
    """`data` is text; `key_id` tells which key opens it."""

    data: str
    key_id: str


class Locked(Exception):
    """What is stored cannot be opened, or no key is at hand. The message is for operators."""


class Key(NamedTuple):
    id: str
    secret: bytes

    @classmethod
    def of_text(cls, text: str) -> Key:
        """Any text of enough characters; best 32 random bytes in base64. Raises `Locked`."""
        if len(text) < SHORTEST_KEY:
            raise Locked(f"a secret_key has at least {SHORTEST_KEY} characters: openssl rand -base64 32")
        secret = sha256(b"proxyctl credentials\0" + text.encode()).digest()
        return cls(sha256(b"id\0" + secret).hexdigest()[:8], secret)


class Safe:
    """Seals with the newest key, opens with any. `texts` are the keys of the settings, newest first; without
    them the keys stand in a file of the data directory, which is made when it is first needed."""

    def __init__(
        self, texts: Sequence[str], data: Path, told: Callable[[str], None] = lambda notice: None
    ) -> None:
        self._texts = tuple(texts)
        self._file = data / KEY_FILE
        self._told = told
        self._keys: tuple[Key, ...] = ()

    def seal(self, pool: str, id_: str, fields: Mapping[str, Any]) -> Sealed:
        """Raises `Locked` when there is no key and none can be made."""
        key = self._newest()
        plain = orjson.dumps(fields)
        sealed: bytes = _sealing().seal(key.secret, plain, _context(pool, id_))
        return Sealed(b64encode(sealed).decode("ascii"), key.id)

    def open(self, pool: str, id_: str, sealed: Sealed) -> dict[str, Any]:
        """Raises `Locked`, which says what is missing."""
        key = self._key(sealed.key_id)
        if key is None:
            known = ", ".join(each.id for each in self._keys) or "none"
            raise Locked(
                f"it is encrypted with another key ({sealed.key_id}; here: {known}): "
                "put that one behind the first of `secret_key`, or its line into the key file"
            )
        plain = _sealing().opened(key.secret, _bytes(sealed.data), _context(pool, id_))
        if plain is None:
            raise Locked("it is damaged, or belongs to another pool or id")
        fields: dict[str, Any] = orjson.loads(plain)
        return fields

    @property
    def newest(self) -> str:
        """The id of the key that seals. Raises `Locked`."""
        return self._newest().id

    def add_key(self) -> str:
        """A new key, before the others; its id. Raises `Locked` when the keys stand in the settings."""
        if self._texts:
            raise Locked("the keys stand in `secret_key`: write a new one before the old one there")
        fresh = secrets.token_urlsafe(KEY_BYTES)
        lines = [fresh, *self._lines()]
        beside = self._file.with_name(f"{KEY_FILE}.{os.getpid()}.new")
        try:
            _write(beside, lines)
            os.replace(beside, self._file)
        except OSError as exc:
            raise Locked(f"the key file {self._file} cannot be written: {exc.strerror}") from exc
        self._load()
        return self._keys[0].id

    def _newest(self) -> Key:
        if not self._keys:
            self._load()
        if not self._keys:
            self._make()
        return self._keys[0]

    def _key(self, key_id: str) -> Key | None:
        """The key of this id; the file is read anew for one that is not known."""
        found = next((key for key in self._keys if key.id == key_id), None)
        if found is None:
            self._load()
            found = next((key for key in self._keys if key.id == key_id), None)
        return found

    def _load(self) -> None:
        self._keys = tuple(map(Key.of_text, self._texts or self._lines()))

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as exc:
            raise Locked(f"the key file {self._file} cannot be read: {exc}") from exc

    def _make(self) -> None:
        """The first key. Another process may make it at the same moment: there is but one."""
        beside = self._file.with_name(f"{KEY_FILE}.{os.getpid()}.new")
        try:
            _write(beside, [secrets.token_urlsafe(KEY_BYTES)])
            with suppress(FileExistsError):
                os.link(beside, self._file)
                self._told(
                    f"made {self._file}: keep a copy, stored credentials cannot be read without it "
                    "(or set PROXYCTL_SECRET_KEY)"
                )
            beside.unlink()
        except OSError as exc:
            raise Locked(f"the key file {self._file} cannot be made: {exc.strerror}") from exc
        self._load()


def _write(path: Path, lines: Sequence[str]) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as stream:
        stream.write("".join(f"{line}\n" for line in lines))
        stream.flush()
        os.fsync(stream.fileno())


def _context(pool: str, id_: str) -> bytes:
    """What is sealed opens as this credential alone: a row that is copied to another place does not."""
    return orjson.dumps([pool, id_])


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _sealing() -> Any:
    """Imported when something is sealed: a worker that has nothing stored goes without."""
    return importlib.import_module("engine.adapters.sealing")
