from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.cli.main import main
from tests.cli.sites import BROKEN, GOOD, TESTS, site

FAILING = TESTS.replace("the echo", "wrong").replace("finish: stop", "finish: length")
DIALECT = """version: 1
dialects:
  acme:
    tables: {finish: {end: stop, cut: length}}
    operations:
      chat:
        request: {path: /x, body: {model: =model, messages: =body.messages}}
        stream: {frames: ndjson, events: [{text: =data.t, finish: "=get(tables.finish, data.f)"}]}
        response: {from: stream}
    tests:
      - {name: whole, response: {t: a, f: end}, expect: {finish: stop}}
providers:
  acme: {dialect: acme, base_url: "https://acme.test", key: "${env:H8_KEY}"}
models:
  "acme/*": {targets: ["acme/*"]}
"""


def test_tests_that_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD, a_test=TESTS)
    assert main(["--site", root, "test"]) == 0
    assert capsys.readouterr().out == "1 test passed, 0 failed\n"
    assert main(["--site", root, "test", "-v"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "ok   demo: the echo"


def test_a_failure_names_its_line_and_shows_a_diff(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = site(tmp_path, a=GOOD, a_test=FAILING)
    assert main(["--site", root, "test"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "FAIL demo: wrong"
    assert lines[1] == f"  {root}/routes.d/a.test.yaml:6: finish: expected 'length', got 'stop'"
    assert '    -"length"' in lines and '    +"stop"' in lines
    assert lines[-1] == "0 tests passed, 1 failed"


def test_which_tests_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD, a_test=TESTS, b_test=FAILING)
    assert main(["--site", root, "test", "--run", "ECHO"]) == 0
    assert main(["--site", root, "test", "routes.d/a.test.yaml"]) == 0
    assert main(["--site", root, "test", f"{root}/routes.d"]) == 1
    assert main(["--site", root, "test", "elsewhere"]) == 2
    assert main(["--site", root, "test", "--run", "no such name"]) == 2
    assert main(["--site", root, "test", "--run", "("]) == 2
    assert [line for line in capsys.readouterr().out.splitlines() if line[0].isdigit()] == [
        "1 test passed, 0 failed",
        "1 test passed, 0 failed",
        "1 test passed, 1 failed",
    ]


def test_a_site_without_tests_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "test"]) == 0
    assert capsys.readouterr().out == "0 tests passed, 0 failed\n"


def test_results_that_cannot_be_written_are_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["test", "--junit", str(tmp_path / "nowhere" / "x.xml")]
    assert main(["--site", site(tmp_path, a=GOOD, a_test=TESTS), *flags]) == 2
    assert "x.xml cannot be written: No such file" in capsys.readouterr().err


def test_a_site_with_errors_has_no_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--site", site(tmp_path, a=BROKEN), "test"])
    assert left.value.code == 1
    assert "did you mean 'targets'?" in capsys.readouterr().err


def test_the_machine_s_environment_does_not_matter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("H8_ACME_KEY", "real")
    monkeypatch.setenv("PROXYCTL_PORT", "nonsense")
    expected = "expect: {request: {headers: {content-type: application/json}}}"
    tests = TESTS.replace("model: demo", "model: acme/x").replace("expect: {finish: stop}", expected)
    assert main(["--site", site(tmp_path, a=GOOD, a_test=tests), "test"]) == 0


def test_junit_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD, a_test=TESTS, b_test=FAILING)
    assert main(["--site", root, "test", "--format", "json", "--junit", str(tmp_path / "out.xml")]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["passed"], data["failed"]) == (1, 1)
    (failure,) = data["tests"][1]["failures"]
    assert (failure["file"], failure["line"]) == ("routes.d/b.test.yaml", 6)
    suites = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert [suite.get("failures") for suite in suites] == ["0", "1"]


def test_coverage_lists_what_no_test_entered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=DIALECT)
    assert main(["--site", root, "test", "--coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 test passed, 0 failed"
    assert lines[1] == f"{root}/routes.d/a.yaml:4: no test enters table key finish.cut"
    assert lines[-1].startswith("coverage: 1 of 2 points")
    assert main(["--site", root, "test", "--coverage", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["coverage"]
    assert told == {
        "points": 2,
        "missed": [{"file": "routes.d/a.yaml", "line": 4, "kind": "table key", "label": "finish.cut"}],
    }


def test_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--library", "--run", "^mock$"]) == 0
    assert int(capsys.readouterr().out.split()[0]) >= 8


def test_a_faulty_file_of_the_library_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = [("library/dialects/x.test.yaml", b"version: 1\ntests: [{name: a: b}]\n")]
    monkeypatch.setattr("engine.cli.commands.test.library_texts", lambda ending: faulty)
    with pytest.raises(SystemExit) as left:
        main(["test", "--library"])
    assert left.value.code == 1 and "x.test.yaml:2" in capsys.readouterr().err
