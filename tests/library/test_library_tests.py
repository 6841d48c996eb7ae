"""Every shipped file is without a fault, and every shipped test passes, whole and however its stream is cut."""

from __future__ import annotations

import pytest

from engine.config.document import ParsedFile, read_file
from engine.operations import OPERATIONS
from engine.snapshot.library import NoSecrets, library_texts
from engine.testing.cases import Case, cases_of
from engine.testing.runner import Bench, run

from .dialects import compiled, names


def parsed() -> list[ParsedFile]:
    return [read_file(name, raw, NoSecrets()) for name, raw in library_texts(".yaml")]


def shipped_cases() -> list[Case]:
    return list(cases_of(parsed()))


@pytest.mark.parametrize("file", parsed(), ids=lambda file: file.file)
def test_a_shipped_file_has_no_fault(file: ParsedFile) -> None:
    assert [f"{item.at}: {item.message}" for item in file.diagnostics] == []
    assert file.document is not None


@pytest.mark.parametrize("name", names())
def test_a_shipped_dialect_compiles_and_has_tests(name: str) -> None:
    operations = compiled(name).operations.keys()
    assert {"chat", "models"} <= operations or not operations - OPERATIONS.keys()
    assert sum(case.dialect == name for case in shipped_cases()) >= 8


@pytest.mark.parametrize("case", shipped_cases(), ids=lambda case: f"{case.subject}: {case.name}")
async def test_shipped(case: Case) -> None:
    results = [result async for result in run([case], Bench(compiled))]
    assert len(results) == 1
    assert [f"{failure.at}: {failure.message}\n{failure.diff}" for failure in results[0].failures] == []
