"""What an answer is by its content type; `test_attempt` has what follows from it."""

from __future__ import annotations

import pytest

from engine.gateway.labels import label_of


@pytest.mark.parametrize(
    ("label", "framing", "is_json"),
    [
        ("text/event-stream; charset=utf-8", "sse", False),
        ("Application/JSON", None, True),
        ("application/problem+json", None, True),
        ("text/html", None, False),
        ("", None, False),
    ],
)
def test_what_a_label_says(label: str, framing: str | None, is_json: bool) -> None:
    spec, kind, json = label_of(label)
    assert (spec.name if spec else None, json) == (framing, is_json)
    assert kind == label.partition(";")[0].lower()
