from __future__ import annotations

import orjson
import pytest

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Inbound
from engine.operations import OPERATIONS
from engine.surfaces.answer import Meta
from engine.surfaces.neutral import error_of
from engine.surfaces.neutral_task import neutral_task

INBOUND = Inbound("POST", "/", {}, {}, b"", "req-1")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_body_is_taken_as_it_is(operation: str) -> None:
    surface = neutral_task(operation)
    body = {"model": "m", **OPERATIONS[operation].sample}
    read, chat = surface.read(body, INBOUND, {}, {})
    assert read == body and surface.model_of(body, INBOUND) == "m" and list(chat.unread) == []
    assert (surface.operation, surface.wire, surface.passthrough) == (operation, "", None)


def test_results_are_told_by_their_names() -> None:
    told = neutral_task("embeddings").told({"vectors": [[1]], "usage": None}, Meta("x", "m", 7, str), None)  # type: ignore[arg-type]
    assert told == {"vectors": [[1]], "usage": None, "id": "x", "model": "m", "created": 7}


def test_an_error_comes_back_as_it_was() -> None:
    info = ErrorInfo(ErrorClass.QUOTA, "no", "c", "p", 3.0, 402, "t")
    assert error_of(orjson.dumps(neutral_task("image").error(info))) == info
