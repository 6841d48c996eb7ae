from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import main
from tests.cli.sites import site

DIALECT = """version: 1
dialects:
  jobs:
    auth: {{header: authorization, value: "Bearer ${{credential.key}}"}}
    operations:
      chat:
        request: {{path: /jobs, body: {{stream: =chat.stream}}}}
        stream:
          steps: {{request: {{method: GET, url: =data.live}}, when: =data.live}}
          events: [{{text: =data.text}}]
        response:
          steps: {{request: {{method: GET, path: "/jobs/${{data.id}}"}}, when: "=!(data.text)", until: =data.text}}
          events: [{{text: =data.text, finish: stop}}]
        cancel: {{path: "/jobs/${{data.id}}/cancel"}}
    tests:
      - name: what follows
        given: {{body: {{model: s, stream: {stream}, messages: [{{role: user, content: hi}}]}}}}
        response: {response}
        expect: {expect}
"""
LIVE = '{id: j1, live: "https://live.test/j1"}'


@pytest.mark.parametrize(
    ("stream", "response", "expect", "good"),
    [
        ("true", LIVE, '{next: {method: GET, path: "https://live.test/j1", headers: {}}}', True),
        ("false", LIVE, "{next: {path: /jobs/j1, headers: {authorization: Bearer sk-test}}}", True),
        ("true", "{id: j1}", "{next: {path: /jobs/j1}, cancel: {method: POST, path: /jobs/j1/cancel}}", True),
        ("false", "{id: j1}", "{next: {path: /jobs/j2}}", False),
        ("false", "{id: j1, text: hi}", "{next: {path: /jobs/j1}}", False),
        ("false", "{text: hi}", "{cancel: {method: POST}}", False),
    ],
)
def test_what_follows_an_answer(
    tmp_path: Path, stream: str, response: str, expect: str, good: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DIALECT.format(stream=stream, response=response, expect=expect)
    assert main(["--site", site(tmp_path, a=text), "test"]) == (0 if good else 1), capsys.readouterr().out
