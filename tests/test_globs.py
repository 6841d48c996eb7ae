"""One meaning of a glob for the whole site."""

import pytest

from engine.globs import is_glob, literal_prefix, matches, matches_any


@pytest.mark.parametrize(
    ("glob", "text", "hit"),
    [
        ("*", "", True),
        ("a*", "ab", True),
        ("a*c", "ac", True),
        ("a*b*c", "axbyc", True),
        ("a*b*c", "axcyb", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("A*", "ab", False),
        ("m[1m]", "m[1m]", True),
        ("m[1m]", "m1", False),
        ("a**", "abc", True),
        ("*aab", "aaab", True),
        ("x*aab*y", "xaaaby", True),
    ],
)
def test_matches(glob: str, text: str, hit: bool) -> None:
    assert matches(glob, text) is hit


def test_any_and_parts() -> None:
    assert matches_any(["x", "y*"], "yes") and not matches_any([], "yes")
    assert is_glob("a?") and is_glob("*") and not is_glob("[a]")
    assert literal_prefix("gpt-*-5?") == "gpt-" and literal_prefix("*") == ""
