"""A directory's form is compiled when the site is loaded; a file is read into a credential."""

from typing import Any

import pytest

from engine.errors import EngineError
from engine.snapshot.credentials import limits_of, moment, stored_credential
from tests.snapshot.sites import compiled, served

NOW = 1_700_000_000.0


def pool(written: str) -> str:
    return f"pools: {{p: {{credentials: [{{directory: creds, {written}}}]}}}}"


def read(written: str, data: dict[str, Any]) -> Any:
    (found,) = served(a=pool(written)).pools["p"].directories
    return found.read("one", data, NOW)


def test_expressions_over_a_file() -> None:
    made = read(
        "format: json, key: =bearer_token, expires: '=add(created_at, expires_in)', user_id: =user.mail, "
        "weight: 2, models: ['m-*']",
        {"bearer_token": "tok-123456", "created_at": 100, "expires_in": 50, "user": {"mail": "u@x"}},
    )
    assert (made.id, made.key, made.expires, made.weight, made.models) == (
        "one", "tok-123456", 150.0, 2.0, ("m-*",),
    )  # fmt: skip
    assert made.data["user_id"] == "u@x"
    assert made.data["bearer_token"] == "tok-123456"


def test_without_expressions_the_names_of_the_file_are_taken() -> None:
    made = read("weight: 1", {"key": "k-123456", "region": "eu"})
    assert (made.key, made.expires, made.data["region"]) == ("k-123456", None, "eu")


@pytest.mark.parametrize(
    ("written", "data", "message"),
    [
        ("key: =bearer_token", {"other": 1}, "`key: =bearer_token` gives no text"),
        ("weight: 1", {"key": 5}, "no text under `key`"),
        ("expires: =end", {"key": "k-123456", "end": "soon"}, "`expires` gives no time"),
        ("user: =abs(key)", {"key": "sk-123456"}, "abs"),
    ],
)
def test_a_broken_file_is_refused_without_showing_it(
    written: str, data: dict[str, Any], message: str
) -> None:
    with pytest.raises(EngineError, match=message) as caught:
        read(written, data)
    assert "123456" not in str(caught.value)


def test_an_expression_that_is_wrong_is_an_error_at_load() -> None:
    found = compiled(a=pool("key: '=nope(x)'")).diagnostics
    assert ("unknown-function", "pools.p.credentials.0.key") in [(item.code, item.path) for item in found]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(5, 5.0), ("5", 5.0), ("1970-01-02", 86400.0), ("1970-01-01T01:00:00+01:00", 0.0), (1.5, 1.5)],
)
def test_moments(value: Any, seconds: float) -> None:
    assert moment(value) == seconds


@pytest.mark.parametrize("value", [True, None, [], "soon", ""])
def test_no_moments(value: Any) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat"):
        moment(value)


ROW = {"id": "a", "weight": 2.0, "models": ["m-*"], "expires": 9.0, "limits": {"rpm": 5}}


def test_a_stored_one() -> None:
    made = stored_credential(ROW, {"key": "sk-123456", "refresh_token": "r"})
    assert (made.id, made.key, made.weight, made.models, made.expires) == (
        "a",
        "sk-123456",
        2.0,
        ("m-*",),
        9.0,
    )
    assert made.data == {"key": "sk-123456", "refresh_token": "r", "id": "a"}
    assert made.limits is not None and made.limits.rpm == 5
    bare = stored_credential({**ROW, "models": None, "limits": None}, {"secret": "s"})
    assert (bare.key, bare.models, bare.limits) == (None, None, None)


@pytest.mark.parametrize("limits", [{"rpn": 5}, {"rpm": "many"}, [], 5, "rpm"])
def test_what_are_no_limits(limits: Any) -> None:
    with pytest.raises(EngineError, match="limits: "):
        limits_of(limits)


@pytest.mark.parametrize(
    ("operation", "found"), [("models", []), ("model", [("unknown-operation", "realtime")])]
)
def test_a_probe_asks_for_what_the_platform_can_do(operation: str, found: list[tuple[str, str]]) -> None:
    text = (
        "providers: {u: {dialect: openai, base_url: 'https://x', pool: p}}\nmodels: {m: {targets: [u/x]}}\n"
        "pools: {p: {credentials: [{key: '${env:K:-k}'}], probe: {operation: %s}}}"
    )
    seen = [item for item in compiled(a=text % operation).diagnostics if item.is_error]
    assert [(item.code, (item.hint or "").rpartition(" ")[2]) for item in seen] == found


def test_an_id_beside_a_directory_has_no_effect() -> None:
    found = compiled(a=pool("id: x")).diagnostics
    assert ("no-effect", "pools.p.credentials.0.id") in [(item.code, item.path) for item in found]


def test_what_is_about_files_has_no_effect_on_one_credential() -> None:
    text = "pools: {p: {credentials: [{key: '${env:K:-k}', state: {file: s.json}, ignore: ['*.bak']}]}}"
    found = [item.path for item in compiled(a=text).diagnostics if item.code == "no-effect"]
    assert found == ["pools.p.credentials.0.state", "pools.p.credentials.0.ignore"]
