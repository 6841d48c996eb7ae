"""Ids and chance."""

from __future__ import annotations

import os
import random
import string

BASE62 = (string.digits + string.ascii_letters).encode()
# Each byte of the kernel's chance becomes a digit; the first eight digits come up a fifth more often.
DIGITS = bytes(BASE62[value % len(BASE62)] for value in range(256))
ID_LENGTH = 24
SECRET_LENGTH = 40
# To ask the kernel costs more than all else, so it is asked for many ids at once.
AT_ONCE = 64


class SystemEntropy:
    """Implements `ports.Entropy`. Make one in each process: a copy would repeat what the other draws."""

    def __init__(self) -> None:
        self.random = random.Random().random
        self._drawn: list[str] = []

    def uid(self, prefix: str) -> str:
        """`prefix-<24 digits of base 62>`; a prefix that ends in `-` or `_` gets no further dash."""
        if not self._drawn:
            self._drawn = _draw()
        dash = "" if not prefix or prefix[-1] in "-_" else "-"
        return f"{prefix}{dash}{self._drawn.pop()}"


def secret(prefix: str) -> str:
    """`prefix` and 40 digits of base 62, which is more than anybody can guess: 235 bits."""
    return f"{prefix}{os.urandom(SECRET_LENGTH).translate(DIGITS).decode('ascii')}"


def _draw() -> list[str]:
    digits = os.urandom(ID_LENGTH * AT_ONCE).translate(DIGITS).decode("ascii")
    return [digits[start : start + ID_LENGTH] for start in range(0, len(digits), ID_LENGTH)]
