from __future__ import annotations

from engine.testing.points import points, region, table_keys
from engine.tree import Mapping
from tests.testing.sample import ROUTES, parse


def acme() -> Mapping:
    document = parse(ROUTES, "routes.d/acme.yaml").document
    assert document is not None
    return document.dialects["acme"].node


def test_cases_definitions_and_directives_are_points() -> None:
    found = [(point.kind, point.label) for point in points(acme())]
    assert [label for kind, label in found if kind == "case"] == ["hello", "word", "bye", "oops"]
    assert ("definition", "said") in found
    assert ("$each", "=chat.turns") in found
    assert ("$when", "=chat.tools") in found


def test_a_point_stands_at_its_own_key_and_knows_its_region() -> None:
    case = next(point for point in points(acme()) if point.label == "bye")
    lines = ROUTES.splitlines()
    assert lines[case.at.line - 1].strip() == "bye:"
    assert {at.line for at in case.region} == {case.at.line + 1, case.at.line + 2}


def test_arms_are_points_each() -> None:
    text = ROUTES.replace("heat: =chat.temperature", "heat: {$switch: [{when: =chat.n, then: 1}, {else: 2}]}")
    document = parse(text, "routes.d/acme.yaml").document
    assert document is not None
    found = [point.label for point in points(document.dialects["acme"].node) if point.kind == "$switch arm"]
    assert found == ["=chat.n", "else"]


def test_only_tables_that_are_looked_into_have_keys() -> None:
    assert [(key.table, key.key) for key in table_keys(acme())] == [("finish", "end"), ("finish", "cut")]


def test_a_region_holds_every_place_inside_texts_too() -> None:
    auth = acme().get("auth")
    assert auth is not None
    columns = {at.column for at in region(auth)}
    assert len({at.line for at in region(auth)}) == 1 and len(columns) > 20
