from __future__ import annotations

import pytest

from engine.expression.function import ExpressionTypeError
from engine.expression.parse import ExpressionError
from engine.expression.spelling import check_spelling, spelled
from tests.expression.evaluation import evaluate


def test_a_digest_is_spelled_in_hex_or_in_base64() -> None:
    assert spelled("f", b"\x00\xff", "hex") == "00ff"
    assert spelled("f", b"\x00\xff", "base64") == "AP8="


def test_another_encoding_is_refused_at_load_and_when_it_is_computed() -> None:
    assert check_spelling(None) is None
    assert check_spelling("octal") == "the encoding is one of hex, base64"
    with pytest.raises(ExpressionError, match="the encoding is one of hex, base64"):
        evaluate("sha256('a', 'octal')", {})
    with pytest.raises(ExpressionTypeError, match=r"hmac_sha256\(\): the encoding"):
        evaluate("hmac_sha256('k', 'a', how)", {"how": "octal"})


def test_without_an_encoding_that_is_there_the_result_is_null() -> None:
    assert evaluate("sha256('a', how)", {"how": None}) is None
