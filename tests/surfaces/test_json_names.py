import re

from engine.surfaces.json_names import ESCAPED_LETTER, names_once


def test_once() -> None:
    assert names_once(b'{"a":1,"b":"a"}', b'"b"')
    assert not names_once(b'{"a":1,"b":"a"}', b'"a"')
    assert not names_once(b"{}", b'"a"')
    assert not names_once(b'{"a":"\\u0041"}', b'"a"')


def test_letters_that_are_escaped() -> None:
    letter = re.compile(ESCAPED_LETTER)
    assert letter.search(b"\\u0061") and letter.search(b"\\u0041")
    assert not letter.search(b"\\u0020") and not letter.search(b"\\u4e00")
