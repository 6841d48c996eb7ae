"""Undoes a content encoding that an upstream used although identity was asked for, in bounded pieces."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

# A small compressed body can unpack to a huge one; it is handed on in pieces so that limits can act.
MAX_PIECE = 65536

# Both bits: zlib reads the gzip and the zlib header.
WINDOW_BITS: dict[str, int] = {"gzip": 47, "x-gzip": 47, "deflate": 47}


class DecodingError(Exception):
    """The body is not what its content-encoding says."""


class Decoder:
    """Feed it the body as it arrives, then close it."""

    def __init__(self, encoding: str) -> None:
        """Raises `DecodingError` for an encoding that is not known."""
        if encoding not in WINDOW_BITS:
            raise DecodingError(f"content-encoding {encoding!r} was not asked for and is not known")
        self.encoding = encoding
        self._inflate = zlib.decompressobj(WINDOW_BITS[encoding])

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded pieces of `data`, none longer than `MAX_PIECE`."""
        try:
            while data and not self._inflate.eof:
                piece = self._inflate.decompress(data, MAX_PIECE)
                data = self._inflate.unconsumed_tail
                if piece:
                    yield piece
        except zlib.error as exc:
            raise DecodingError(f"the body is no {self.encoding}: {exc}") from exc

    def close(self) -> None:
        """Raises `DecodingError` when the body ended too early."""
        if not self._inflate.eof:
            raise DecodingError(f"the {self.encoding} body ended too early")


def decoder_for(encoding: str | None) -> Decoder | None:
    """None when there is nothing to undo. Raises `DecodingError` for an unknown encoding."""
    name = (encoding or "identity").strip().lower()
    return None if name in ("identity", "") else Decoder(name)


def undo(headers: Mapping[str, str]) -> tuple[Mapping[str, str], Decoder | None]:
    """Headers (lower-case) that tell of the body as the decoder gives it. Raises `DecodingError`."""
    decoder = decoder_for(headers.get("content-encoding"))
    if decoder is None:
        return headers, None
    packed = ("content-encoding", "content-length")
    return {name: value for name, value in headers.items() if name not in packed}, decoder
