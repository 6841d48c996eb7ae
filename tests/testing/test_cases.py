from __future__ import annotations

from engine.testing.cases import cases_of
from tests.testing.sample import ROUTES, case, parse

TESTS = """version: 1
tests:
  - {name: one, dialect: acme, expect: {finish: stop}}
  - {name: two, model: demo, expect: {finish: stop}}
"""


def test_cases_of_a_test_file_name_what_they_test() -> None:
    one, two = cases_of([parse(TESTS)])
    assert (one.name, one.dialect, one.alias, one.subject) == ("one", "acme", None, "acme")
    assert (two.name, two.dialect, two.alias, two.subject) == ("two", None, "demo", "demo")
    assert (one.at.line, two.at.line) == (3, 4)


def test_cases_inside_a_dialect_test_that_dialect() -> None:
    text = ROUTES.replace("    params:", "    tests: [{name: inner, expect: {finish: stop}}]\n    params:", 1)
    (inner,) = cases_of([parse(text, "routes.d/a.yaml")])
    assert (inner.dialect, inner.name) == ("acme", "inner")


def test_a_test_that_cannot_be_read_is_passed_over_and_the_others_keep_their_places() -> None:
    from engine.config.document import read_file
    from engine.snapshot.library import NoSecrets

    broken = TESTS.replace("{name: one, dialect: acme, expect: {finish: stop}}", "{dialect: acme}")
    (only,) = cases_of([read_file("routes.d/a.test.yaml", broken.encode(), NoSecrets())])
    assert (only.name, only.at.line) == ("two", 4)


def test_files_without_a_document_have_no_cases() -> None:
    from engine.config.document import read_file
    from engine.snapshot.library import NoSecrets

    assert list(cases_of([read_file("routes.d/a.yaml", b"a: [", NoSecrets())])) == []


def test_the_node_is_the_case_as_it_is_written() -> None:
    found = case("name: n\ndialect: acme\nexpect: {finish: stop}")
    assert list(found.node.entries) == ["name", "dialect", "expect"]
