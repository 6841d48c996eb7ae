from __future__ import annotations

import re

import pytest

from engine.spec.forms import FORMS, fraction, network, of_text, quantity, seconds, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("500ms", 0.5), ("5s", 5.0), ("10m", 600.0), ("1.5h", 5400.0), ("2d", 172800.0), ("0s", 0.0)],
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["5", "s", "5 parsecs", "-5s", "5S", "", "1h30m"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        seconds(text)
    assert not re.search(FORMS["duration"].pattern, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("10MiB", 10 * 2**20), ("64KiB", 65536), ("1GB", 10**9), ("1.5kB", 1500), ("7", 7), (7, 7), ("8B", 8)],
)
def test_sizes(text: str | int, value: int) -> None:
    assert size(text) == value


def test_quantities_and_shares() -> None:
    assert [quantity(text) for text in ("1M", "1k", "1.5K", "10", 10)] == [10**6, 1000, 1500, 10, 10]
    assert [fraction(text) for text in ("20%", "100%", "0.2", ".5", "1", 0.2)] == [
        0.2,
        1.0,
        0.2,
        0.5,
        1.0,
        0.2,
    ]
    with pytest.raises(ValueError):
        size("10 miles")


def test_networks() -> None:
    assert network("10.0.0.0/8") == "10.0.0.0/8" and network("::1") == "::1"
    with pytest.raises(ValueError, match="no such address"):
        network("10.0.0.300")


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
def test_the_examples_of_a_form_have_it(form: object) -> None:
    for example in form.examples:  # type: ignore[attr-defined]
        if "…" not in example:
            assert re.search(form.pattern, example)  # type: ignore[attr-defined]
            assert form.read(example) is not None  # type: ignore[attr-defined]


def test_a_line_break_at_the_end_is_part_of_the_text() -> None:
    assert FORMS["url"].fits("https://h") and not FORMS["url"].fits("https://h\n")
    assert all(form.pattern.startswith("^") and form.pattern.endswith("$") for form in FORMS.values())


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("url", ["https://h", "http://[::1]:80/v1/", "https://h:1/a/b", "scripted:", "scripted:x"],
         ["h", "https://", "https:// h", "https://h?x", "https://h#x", "https://u:p@h", "//h", "https:///v1"]),
        ("dsn", ["sqlite:///x.db", "postgresql://u:p@h/db?x=1"], ["x.db", "a b:c"]),
        ("path", ["/", "/v1/x/", "/a/{b}/{path}"], ["v1", "/a b", "/{a b}", "/{", "/x?y", ""]),
        ("glob", ["*", "a b", "team-?", "m[1m]"], ["", " a", "a ", "a\nb"]),
        ("client_key", ["sk-1", "sha256:" + "0" * 64], ["", "a b", "sha256:1", "sha256:" + "g" * 64]),
        ("target", ["p/m", "p/a/b", "p/*"], ["p", "/m", "p/", "p p/m"]),
        ("name", ["a", "a.b", "Ä"], ["", "a b", "a/b"]),
        ("alias", ["a/b:c", "*"], ["", "a b"]),
        ("header", ["x-team"], ["x team", "", "x:"]),
        ("header_value", ["", "a b"], ["a\nb"]),
        ("period", ["5s", "0.5s", "10 m"], ["0s", "0.0ms", "00 h", "5"]),
        ("by", ["client", "conversation", "header:x-a"], ["clients", "header:", "header:a b", "", "cookie"]),
        ("fraction", ["20%", "0.2", "1", "0"], ["200%", "2", "20 %", "-1%"]),
        ("cidr", ["10.0.0.0/8", "::1"], ["host", "10.0.0.0/"]),
        ("size", ["10MiB", "7"], ["10mib", "MiB", "-1"]),
    ],
)  # fmt: skip
def test_patterns(form: str, good: list[str], bad: list[str]) -> None:
    pattern = FORMS[form].pattern
    assert [text for text in good if not re.search(pattern, text)] == []
    assert [text for text in bad if re.search(pattern, text)] == []


def test_text_of_the_environment_as_another_type() -> None:
    assert [of_text(*each) for each in (("integer", "5"), ("number", "0.5"), ("boolean", "TRUE"), ("string", "x"))] == [
        5, 0.5, True, "x",
    ]  # fmt: skip
    for name, text in (("integer", "5.5"), ("boolean", "yes"), ("number", "x")):
        with pytest.raises(ValueError):
            of_text(name, text)
