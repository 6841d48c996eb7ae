from __future__ import annotations

from engine.mapping.directive import Form
from tests.mapping.templates import spot


def test_a_form_holds_what_stands_in_the_mapping() -> None:
    whole = spot("{$call: x, a: 1}")
    head, argument = whole.entries()
    form = Form(whole, {"$call": whole.of(head)}, {"$call": head.key_at}, (argument,))
    assert form.own["$call"].path == "$call" and form.own_at["$call"].column == 2
    assert [entry.key for entry in form.rest] == ["a"]
