from __future__ import annotations

from engine.spec.conversation import Conversations

from .reading import accepts, bind, read

DESIGN = "{keep: 500, title: {prompt: title, model: small}, owner: =client.name}"


def test_the_store_of_the_design() -> None:
    found = read(Conversations, DESIGN)
    assert (found.keep, found.title.prompt, found.title.model, found.owner.value) == (
        500,
        "title",
        "small",
        "=client.name",
    )
    assert [ref.kind for ref in bind(Conversations, DESIGN)[1].references] == ["prompt", "model"]


def test_what_is_no_store() -> None:
    assert not accepts(Conversations, "{keep: 0}") and not accepts(Conversations, "{title: x}")
