from __future__ import annotations

from pathlib import Path

from engine.expression import functions
from engine.expression.registry import FUNCTIONS


def test_every_file_is_one_function_of_its_name() -> None:
    files = {path.stem for path in Path(functions.__path__[0]).glob("*.py")} - {"__init__"}
    assert {stem.rstrip("_") for stem in files} == set(FUNCTIONS.names())
