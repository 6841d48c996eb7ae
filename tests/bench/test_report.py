from __future__ import annotations

import json

from engine.bench.figures import Section
from engine.bench.report import Report, as_json, as_markdown, budget_rows

GOOD = Section("memory", "Memory", ["what", "MB"], [["a|b", "70"]], {"memory/idle_mb": 70.0}, ["A note."])
BAD = Section("aliases", "Aliases", ["what", "×"], [["many", "2"]], {"aliases/ratio": 2.0})
WRONG = Section("memory", "Memory", ["what"], [["x"]], {"memory/idle_mb": 1.0}, (), ["memory: no answer"])


def test_markdown() -> None:
    text = as_markdown(Report(("Here.",), (GOOD, BAD)))
    assert text.startswith("Here.\n\n### Budgets\n\n| budget | limit | here |  |\n| --- |")
    assert "| idle worker | ≤ 90.0 MB | 70.0 | met |" in text
    assert "| many aliases instead of 10 | ≤ 1.10 × | 2.00 | MISSED |" in text
    assert "### Memory\n\n| what | MB |\n| --- | --- |\n| a\\|b | 70 |\n\nA note." in text
    assert "Wrong answers" not in text


def test_json() -> None:
    data = json.loads(as_json(Report(("Here.",), (GOOD, WRONG))))
    assert data["figures"] == {"memory/idle_mb": 1.0}
    assert data["budgets"] == [
        {"what": "idle worker", "limit": 90.0, "unit": "MB", "value": 1.0, "met": False}
    ]
    assert data["tables"][0]["rows"] == [["a|b", "70"]]
    assert data["faults"] == ["memory: no answer"]


def test_whether_all_is_kept() -> None:
    assert Report((), (GOOD,)).kept
    assert not Report((), (GOOD, BAD)).kept
    wrong = Report((), (WRONG,))
    assert not wrong.kept and "### Wrong answers\n\n- memory: no answer" in as_markdown(wrong)


def test_without_figures_there_are_no_budgets() -> None:
    report = Report(("Here.",), ())
    assert budget_rows(report) == [] and as_markdown(report) == "Here.\n"
