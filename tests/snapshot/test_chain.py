"""What extends what."""

from __future__ import annotations

from engine.config.document import read_file
from engine.diagnostics import Diagnostic, Position
from engine.snapshot.chain import at_home, chain, merged
from engine.snapshot.library import NoSecrets
from engine.spec.surface import Surface
from engine.tree import to_data


def surfaces(text: str, file: str = "routes.d/a.yaml") -> dict[str, Surface]:
    found = read_file(file, f"version: 1\nsurfaces: {text}\n".encode(), NoSecrets()).document
    assert found is not None
    return dict(found.surfaces)


def test_the_links_of_a_chain() -> None:
    own = surfaces("{a: {extends: b}, b: {extends: c}, x: {extends: y}, y: {extends: x}, z: {extends: gone}}")
    shipped = surfaces("{c: {wire: w}, a: {wire: w}}")
    assert chain("a", own, shipped) == [own["a"], own["b"], shipped["c"]]
    assert chain("x", own, shipped) == chain("z", own, shipped) == chain("no", own, shipped) == []


def test_what_shadows_a_shipped_one_may_extend_it() -> None:
    own, shipped = surfaces("{a: {extends: a, error: {x: 1}}}"), surfaces("{a: {wire: w}}")
    links = chain("a", own, shipped)
    assert links == [own["a"], shipped["a"]]
    assert to_data(merged([one.node for one in links])) == {"wire": "w", "extends": "a", "error": {"x": 1}}


def test_what_a_site_makes_of_a_shipped_part_stands_in_its_own_file() -> None:
    own = surfaces("{a: {extends: b}}")["a"]
    inside = Diagnostic(Position("library/surfaces/b.yaml", 3, 1), "x", "wrong")
    assert at_home(inside, own).at.file == "routes.d/a.yaml" and at_home(inside, own).related
    here = Diagnostic(Position("routes.d/a.yaml", 3, 1), "x", "wrong")
    assert at_home(here, own) is here
