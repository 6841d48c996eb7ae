from __future__ import annotations

import pytest

from engine.cli.shape_words import default_words, object_page_parts, rule_words, words
from engine.spec.base import Rule, Spec, field, spec
from engine.spec.document import RouteFile
from engine.spec.objects import Object, fields_of
from engine.spec.provider import Provider
from engine.spec.settings import SiteLimits
from engine.spec.shapes import Anything, Either, Flag, Items, Nullable, Number, Shape, Table, Template, Text


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (Text(), "text"),
        (Text(form="duration"), "a duration"),
        (Text(form="client_key", secret=True), "a key, secret"),
        (Text(choices=("a", "b")), "`a` \\| `b`"),
        (Text(ref="pool"), "the name of a pool"),
        (Number("integer", {"minimum": 0, "maximum": 65535}), "a whole number, ≥ 0, ≤ 65535"),
        (Number("number"), "a number"),
        (Flag(), "`true` \\| `false`"),
        (Anything(), "anything"),
        (Template(), "a [template](directives.md)"),
        (Items(Text()), "a list: text"),
        (Items(Text(), or_one=True), "text, or a list of them"),
        (Table(Text()), "a map: text"),
        (Table(Flag(), choices=("x",)), "a map (`x`): `true` \\| `false`"),
        (Either((Object(Provider), Text(choices=("off",)))), "[Provider](#provider) or `off`"),
        (Nullable(Text()), "text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words(shape: Shape, text: str) -> None:
    assert words(shape) == text


def test_every_shape_of_the_language_has_words() -> None:
    for cls in object_page_parts(RouteFile):
        assert all(words(item.shape) for item in fields_of(cls))


def test_a_page_holds_each_object_once_and_what_it_mentions_behind_it() -> None:
    found = object_page_parts(RouteFile)
    assert len(found) == len(set(found)) > 20
    assert found[0] is RouteFile and found.index(Provider) < found.index(type_named(found, "Timeouts"))


def type_named(found: list[type[Spec]], name: str) -> type[Spec]:
    return next(cls for cls in found if cls.__name__ == name)


@spec
class Sample(Spec):
    """For the defaults."""

    must: str = field("m")
    maybe: str | None = field("m", default=None)
    wait: float = field("m", default=1.5, form="duration")
    blink: float = field("m", default=0.25, form="duration")
    share: float = field("m", default=0.2, form="fraction")
    on: bool = field("m", default=True)
    word: str = field("m", default="w")


def test_defaults_are_shown_as_they_would_be_written() -> None:
    found = {item.key: default_words(item) for item in fields_of(Sample)}
    assert found == {
        "must": "required",
        "maybe": "",
        "wait": "`1.5s`",
        "blink": "`250ms`",
        "share": "`20%`",
        "on": "`true`",
        "word": '`"w"`',
    }
    sizes = {item.key: default_words(item) for item in fields_of(SiteLimits)}
    assert (sizes["body"], sizes["header"]) == ("`32MiB`", "`64KiB`")


def test_rules() -> None:
    assert rule_words(Rule(("a", "b"))) == "At most one of `a`, `b`."
    assert rule_words(Rule(("a", "b"), required=True)) == "Exactly one of `a`, `b`."
