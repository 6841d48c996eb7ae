"""Ids and chance."""

from __future__ import annotations

import os
import random
import string

BASE62 = (string.digits + string.ascii_letters).encode()
# Each byte of the kernel's chance becomes a digit; the first eight digits come up a fifth more often.
DIGITS = bytes(BASE62[value % len(BASE62)] for value in range(256))
ID_LENGTH = 24


class SystemEntropy:
    """Implements `ports.Entropy`. Make one in each process: a copy would repeat what the other draws."""

    def __init__(self) -> None:
        self.random = random.Random().random

    def uid(self, prefix: str) -> str:
        """`prefix-<24 digits of base 62>`; a prefix that ends in `-` or `_` gets no further dash."""
        digits = os.urandom(ID_LENGTH).translate(DIGITS).decode("ascii")
        dash = "" if not prefix or prefix[-1] in "-_" else "-"
        return f"{prefix}{dash}{digits}"
