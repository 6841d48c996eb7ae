from __future__ import annotations

import pytest

from engine.storage.database import Refused
from engine.storage.names import checked, exact, fitted


def test_names_are_the_same_only_when_every_byte_is() -> None:
    names = {exact(*each) for each in (("a",), ("A",), ("á",), ("a ",), ("a", ""), ("", "a"), ("a\0",))}
    assert len(names) == 7 and {len(each) for each in names} == {64}
    assert exact("a", "b") == exact("a", "b")


def test_text_is_made_to_fit() -> None:
    assert (fitted("x\0y"), fitted("x" * 300, 3), fitted(None), fitted(7)) == ("xy", "xxx", None, "7")


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0", "a\nb", 7, None])
def test_a_name_that_does_not_fit_is_refused(name: object) -> None:
    with pytest.raises(Refused, match="the id is printable text of 1 to 200 characters"):
        checked(name, "the id")


def test_a_name_that_fits_is_kept() -> None:
    assert checked("会话 1", "the id") == "会话 1"
