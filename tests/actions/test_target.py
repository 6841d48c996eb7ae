from __future__ import annotations

from typing import Any, cast

import pytest

from engine.actions.target import OwnTarget, TargetShape
from engine.errors import RequestRefused
from engine.mapping.dialect import Dialect
from engine.mapping.program import Program
from engine.mapping.scope import Scope

DIALECT = cast(Dialect, object())


def made(**said: Any) -> OwnTarget | None:
    programs = {name: cast(Program, lambda scope, value=value: value) for name, value in said.items()}
    return TargetShape(DIALECT, programs).made(Scope())


def test_a_target_is_made_of_what_a_user_said() -> None:
    assert made(base_url=" https://x ", model="m", key="k", params={"a": 1}) == OwnTarget(
        DIALECT, "https://x", "m", "k", {"a": 1}
    )
    assert made(base_url="https://x", model="m", key=" ") == OwnTarget(DIALECT, "https://x", "m")


@pytest.mark.parametrize("url", [None, ""])
def test_without_a_url_there_is_none(url: str | None) -> None:
    assert made(base_url=url, model="m") is None


@pytest.mark.parametrize(
    ("said", "param"),
    [({"base_url": "https://x"}, "model"), ({"base_url": 7, "model": "m"}, "base_url"),
     ({"base_url": "https://x", "model": "m", "key": ["k"]}, "key")],
)  # fmt: skip
def test_what_makes_none_is_refused(said: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        made(**said)
    assert caught.value.info.param == param


def test_a_key_is_never_shown() -> None:
    assert "sk-secret" not in repr(made(base_url="https://x", model="m", key="sk-secret"))
