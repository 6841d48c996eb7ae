from __future__ import annotations

from typing import Any, cast

import pytest

from engine.actions.profile import ProfileShape, space_of
from engine.mapping.program import Program
from engine.mapping.scope import Scope


@pytest.mark.parametrize(
    ("owner", "args"),
    [
        ("ann", {"space": "main", "owner": "ann"}),
        (7, {"space": "main", "owner": "7"}),
        (None, None),
        ("", None),
    ],
)
def test_whose_settings_are_opened(owner: Any, args: Any) -> None:
    assert ProfileShape(cast(Program, lambda scope: owner)).args(Scope()) == args


def test_services_are_kept_apart() -> None:
    assert (space_of({}), space_of({"space": "other"})) == ("main", "other")
