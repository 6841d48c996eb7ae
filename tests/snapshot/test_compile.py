"""From files to what is served: every problem in one run, or a snapshot."""

from __future__ import annotations

from tests.snapshot.sites import codes, compiled


def test_problems_of_all_files_and_stages_come_in_one_run() -> None:
    outcome = compiled(
        a="models: {x: {targets: [nowhere/y]}}",
        b="providers: {p: {dialect: mock, base_url: 'scripted:', timout: 3}}\nmodels: {z: {targets: [p/y]}}",
        c="dialects: {d: {operations: {chat: {request: {path: /x, body: {m: =modl}}}}}}",
        e="models: {",
    )
    assert outcome.snapshot is None
    found = codes(outcome)
    assert ("routes.d/a.yaml", 2, "unknown-provider") in found
    assert ("routes.d/b.yaml", 2, "unknown-key") in found
    assert ("routes.d/c.yaml", 2, "unknown-name") in found
    assert ("routes.d/e.yaml", 2, "yaml-syntax") in [(f, 2, code) for f, _, code in found]


def test_a_secret_that_is_not_optional_is_an_error_with_its_line() -> None:
    outcome = compiled(
        a='pools: {q: {credentials: [{key: "${env:GONE}"}]}}\nproviders: {p: {dialect: openai, base_url: "https://x.test", pool: q}}\nmodels: {a: {targets: [p/m]}}'
    )
    assert ("routes.d/a.yaml", 2, "missing-env") in codes(outcome)
    mocked = compiled(
        mock_env=True,
        a='providers: {p: {dialect: openai, base_url: "https://x.test", key: "${env:GONE}"}}\nmodels: {a: {targets: [p/m]}}',
    )
    assert mocked.snapshot is not None


def test_a_test_may_name_an_endpoint_that_nobody_has_to_declare() -> None:
    surface = "surfaces: {mine: {endpoints: {mine-chat: {path: /mine}}}}"
    for name, found in (("openai-chat", []), ("mine-chat", []), ("openai-chap", ["unknown-endpoint"])):
        tests = f"tests: [{{name: n, endpoint: {name}, expect: {{status: 200}}}}]"
        given = {"a": f"{surface}\nendpoints: {{gemini: off}}", "a.test": tests}
        assert [code for _, _, code in codes(compiled(**given)) if "endpoint" in code] == found
