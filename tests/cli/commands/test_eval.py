from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import main

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def body(tmp_path: Path) -> str:
    path = tmp_path / "body.json"
    path.write_text(json.dumps(BODY))
    return str(path)


def value(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["eval", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_expression_sees_the_request(body: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert value(capsys, "chat.turns[*].parts[].text", "--body", body) == ["hi"]
    assert value(capsys, "[body.model, model]", "--body", body) == ["m", "m"]
    assert value(capsys, "model", "--body", body, "--model", "up") == "up"
    assert value(capsys, "chat.turns") is None


def test_an_expression_sees_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data.json").write_text('{"a": [1, 2]}')
    found = value(capsys, "{e: event, d: data.a[1]}", "--data", str(tmp_path / "data.json"), "--event", "x")
    assert found == {"e": "x", "d": 2}


def test_a_body_that_is_no_chat_is_still_a_body(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"input": "x"}'))
    assert value(capsys, "body.input", "--body", "-") == "x"


def test_a_template(tmp_path: Path, body: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.yaml").write_text(
        "m: =model\nroles: {$each: =chat.turns, $as: t, $do: =t.role}\ngone: =body.x\n"
    )
    assert value(capsys, "--template", str(tmp_path / "t.yaml"), "--body", body) == {
        "m": "m",
        "roles": ["user"],
    }


def test_mistakes_are_shown_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "length(body.a) && bdy"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("expression:1:19: error: unknown name 'bdy'")
    assert lines[1:4] == [
        "     1 | length(body.a) && bdy",
        "       |                   ^",
        "       = did you mean 'body'?",
    ]


def test_mistakes_in_a_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.yaml").write_text("a: 1\nb: =bdy\n")
    assert main(["eval", "--template", str(tmp_path / "t.yaml")]) == 1
    assert f"{tmp_path}/t.yaml:2:5: error: unknown name 'bdy'" in capsys.readouterr().err


def test_data_that_does_not_fit(body: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "lower(body.messages)", "--body", body]) == 1
    assert "lower() takes string" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either an expression or --template"),
        (["a", "--template", "b"], "either an expression or --template"),
        (["body", "--body", "nowhere.json"], "nowhere.json"),
        (["--template", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", '{"messages": 5}'])
def test_a_body_that_cannot_be_read(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "body.json").write_text(text)
    assert main(["eval", "body", "--body", str(tmp_path / "body.json")]) == 2
    assert "body.json: " in capsys.readouterr().err
