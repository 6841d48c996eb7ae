"""An endpoint's own words for errors over a client protocol, which is otherwise as it was."""

from __future__ import annotations

from typing import Any, cast

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Inbound
from engine.snapshot.surfaces import shipped_surface
from engine.surfaces.registry import compiled_in
from engine.surfaces.reworded import Reworded, status_of
from engine.surfaces.surface import Surface

PLAIN = compiled_in()["openai-chat"]
INFO = ErrorInfo(ErrorClass.AUTH, "no", "bad_key")
INBOUND = Inbound("POST", "/", {}, {}, b"", "r")


def over(*args: Any) -> Surface:
    return cast(Surface, Reworded(PLAIN, *args))


def test_errors_in_other_words_with_another_status() -> None:
    own = over(lambda info: {"detail": info.message}, lambda info: 401)
    assert (own.error(INFO), status_of(own, INFO)) == ({"detail": "no"}, 401)
    assert status_of(PLAIN, INFO) == 502
    assert (own.name, own.wire, own.last_words(INFO, "text/event-stream")) == (
        PLAIN.name, PLAIN.wire, PLAIN.last_words(INFO, "text/event-stream"),
    )  # fmt: skip


def test_a_model_that_need_not_be_named() -> None:
    own = over(None, None, "usual")
    body: dict[str, Any] = {}
    assert (own.model_of(body, INBOUND), body) == ("usual", {"model": "usual"})
    assert own.model_of({"model": "other"}, INBOUND) == "other"
    assert own.error(INFO) == PLAIN.error(INFO)


def test_a_model_that_is_asked_whatever_is_named() -> None:
    own, body = over(None, None, "usual", True), {"model": "other"}
    assert own.model_of(body, INBOUND) == "usual"
    assert body == {
        "model": "other"
    }  # as the client wrote it: whoever writes it anew must see the difference


def test_operations_beside_the_chat_have_the_same_words_and_model() -> None:
    surface = shipped_surface("openai-embeddings")
    own = Reworded(surface, lambda info: {"detail": info.message}, lambda info: 401, "usual", True)
    asked = own.operations["embeddings"]
    assert asked.model_of({"model": "other"}, INBOUND) == "usual"
    assert (asked.error(INFO), status_of(cast(Surface, asked), INFO)) == ({"detail": "no"}, 401)
