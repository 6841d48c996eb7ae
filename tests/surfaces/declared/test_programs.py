"""What the mapping compiler makes fits what this package wants."""

from __future__ import annotations

from engine.surfaces.declared.programs import Programs
from tests.surfaces.declared.surfaces import programs


def test_it_fits() -> None:
    made: Programs = programs()
    assert made.name == "small" and made.encode.id == "a_" and made.state() == {"n": 0}
