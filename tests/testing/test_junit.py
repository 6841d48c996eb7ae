from __future__ import annotations

from xml.etree import ElementTree

from engine.diagnostics import Position
from engine.testing.junit import junit
from engine.testing.result import Failure, Result

GOOD = Result("streams", "acme", Position("b.test.yaml", 3))
FAILURE = Failure(Position("a.yaml", 12, 5), "request.body.x: differs", "-1\n+2")
BAD = Result("a <b> & \x00 c", "acme", Position("a.yaml", 9), (FAILURE,))


def test_one_suite_a_file_and_counts() -> None:
    root = ElementTree.fromstring(junit([GOOD, BAD]).split("\n", 1)[1])
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("a.yaml", "1", "1"),
        ("b.test.yaml", "1", "0"),
    ]


def test_a_failure_names_its_place_and_shows_the_diff() -> None:
    root = ElementTree.fromstring(junit([BAD]).split("\n", 1)[1])
    case = root.find("testsuite/testcase")
    assert case is not None and case.get("classname") == "acme" and case.get("line") == "9"
    failure = case.find("failure")
    assert failure is not None and failure.get("message") == "request.body.x: differs"
    assert failure.text == "a.yaml:12:5\nrequest.body.x: differs\n-1\n+2"


def test_text_that_xml_cannot_hold_is_replaced() -> None:
    case = ElementTree.fromstring(junit([BAD]).split("\n", 1)[1]).find("testsuite/testcase")
    assert case is not None and case.get("name") == "a <b> & � c"
