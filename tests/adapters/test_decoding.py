from __future__ import annotations

import gzip
import zlib

import pytest

from engine.adapters.decoding import MAX_PIECE, DecodingError, decoder_for, undo

TEXT = b"hello " * 50_000


@pytest.mark.parametrize(
    ("encoding", "packed"), [("GZip", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT))]
)
@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_any_cut_gives_the_text_in_bounded_pieces(encoding: str, packed: bytes, step: int) -> None:
    decoder = decoder_for(encoding)
    assert decoder is not None
    pieces = [piece for at in range(0, len(packed), step) for piece in decoder.feed(packed[at : at + step])]
    decoder.close()
    assert b"".join(pieces) == TEXT and max(map(len, pieces)) <= MAX_PIECE


@pytest.mark.parametrize("encoding", [None, "", "identity"])
def test_nothing_to_undo(encoding: str | None) -> None:
    assert decoder_for(encoding) is None


def test_an_unknown_encoding_a_false_body_and_a_short_one() -> None:
    with pytest.raises(DecodingError, match="'br' was not asked for"):
        decoder_for("br")
    decoder = decoder_for("gzip")
    assert decoder is not None
    with pytest.raises(DecodingError, match="is no gzip"):
        list(decoder.feed(b"hello"))
    decoder = decoder_for("gzip")
    assert decoder is not None
    list(decoder.feed(gzip.compress(b"hello")[:-1]))
    with pytest.raises(DecodingError, match="ended too early"):
        decoder.close()


def test_headers_tell_of_the_body_as_it_is_given() -> None:
    packed = {"content-encoding": "gzip", "content-length": "9", "x": "y"}
    headers, decoder = undo(packed)
    assert headers == {"x": "y"} and decoder is not None and len(packed) == 3
    plain = {"content-encoding": "identity", "content-length": "9"}
    assert undo(plain) == (plain, None)
