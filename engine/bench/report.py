"""A run's report: as text for people, as Markdown for pages, as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.bench.budgets import Verdict, verdicts
from engine.bench.figures import Section, number

BUDGET_HEADER = ("budget", "limit", "here", "")


@dataclass(frozen=True)
class Report:
    """`conditions` are sentences."""

    conditions: tuple[str, ...]
    sections: tuple[Section, ...]

    @cached_property
    def figures(self) -> Mapping[str, float]:
        return {name: value for section in self.sections for name, value in section.figures.items()}

    @cached_property
    def verdicts(self) -> Sequence[Verdict]:
        unsound = {name for section in self.sections if section.faults for name in section.figures}
        return verdicts(self.figures, unsound)

    @property
    def faults(self) -> list[str]:
        return [line for section in self.sections for line in section.faults]

    @property
    def kept(self) -> bool:
        """Whether every answer was right and every budget was met."""
        return not self.faults and all(each.met for each in self.verdicts)


def budget_rows(report: Report) -> list[list[str]]:
    return [
        [
            each.budget.what,
            f"≤ {number(each.limit)} {each.budget.unit}".strip(),
            number(each.value),
            "met" if each.met else "MISSED",
        ]
        for each in report.verdicts
    ]


def as_markdown(report: Report) -> str:
    parts = [*report.conditions]
    if report.verdicts:
        parts += ["### Budgets", markdown_table(BUDGET_HEADER, budget_rows(report))]
    for section in report.sections:
        parts += [f"### {section.title}", markdown_table(section.header, section.rows), *section.notes]
    if report.faults:
        parts += ["### Wrong answers", "\n".join(f"- {line}" for line in report.faults)]
    return "\n\n".join(parts) + "\n"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def as_json(report: Report) -> str:
    """`figures` have names that stay; tables are as people see them."""
    data = {
        "conditions": report.conditions,
        "figures": report.figures,
        "budgets": [_verdict(each) for each in report.verdicts],
        "tables": [_table(each) for each in report.sections],
        "faults": report.faults,
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _verdict(given: Verdict) -> dict[str, object]:
    budget = given.budget
    return {
        "what": budget.what,
        "limit": given.limit,
        "unit": budget.unit,
        "value": given.value,
        "met": given.met,
    }


def _table(given: Section) -> dict[str, object]:
    return {
        "case": given.name,
        "title": given.title,
        "header": given.header,
        "rows": given.rows,
        "notes": given.notes,
    }
