from __future__ import annotations

from engine.cli.exits import MEANINGS, Exit


def test_the_codes_that_the_documentation_promises() -> None:
    assert (Exit.GOOD, Exit.ERRORS, Exit.USAGE, Exit.WARNINGS) == (0, 1, 2, 3)
    assert set(MEANINGS) == set(Exit)
