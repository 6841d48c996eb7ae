"""Results as JUnit XML, the form that CI servers read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree

from engine.testing.result import Result

# XML 1.0 cannot hold control characters, not even escaped.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Iterable[Result]) -> str:
    """One testsuite a file, one testcase a test."""
    root = ElementTree.Element("testsuites", name="proxyctl")
    ordered = sorted(results, key=lambda result: (result.at.file, result.at.line))
    for file, group in groupby(ordered, key=lambda result: result.at.file):
        cases = list(group)
        suite = ElementTree.SubElement(root, "testsuite", name=file, tests=str(len(cases)), errors="0")
        suite.set("failures", str(sum(not case.passed for case in cases)))
        for case in cases:
            suite.append(testcase(case))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def testcase(result: Result) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", name=clean(result.name), classname=clean(result.subject), file=result.at.file
    )
    case.set("line", str(result.at.line))
    for failure in result.failures:
        element = ElementTree.SubElement(case, "failure", message=clean(failure.message.splitlines()[0]))
        element.text = clean(f"{failure.at}\n{failure.message}\n{failure.diff}".strip())
    return case


def clean(text: str) -> str:
    return UNPRINTABLE.sub("�", text)
