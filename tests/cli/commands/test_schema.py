from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.spec.schema import ROOTS

CHECKED_IN = Path(__file__).parents[3] / "schemas"


@pytest.mark.parametrize("kind", sorted(ROOTS))
def test_a_schema_is_printed_and_is_the_one_that_is_checked_in(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", kind]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["$schema"]
    assert printed == (CHECKED_IN / f"{kind}.schema.json").read_text(encoding="utf-8")


def test_the_route_schema_is_the_one_when_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert "providers" in json.loads(capsys.readouterr().out)["properties"]


def test_schemas_are_written_to_a_directory(tmp_path: Path) -> None:
    assert main(["schema", "--write", str(tmp_path / "all")]) == 0
    assert {path.name for path in (tmp_path / "all").iterdir()} == {f"{kind}.schema.json" for kind in ROOTS}
    assert main(["schema", "site", "--write", str(tmp_path / "one")]) == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["site.schema.json"]
