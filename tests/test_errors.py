from __future__ import annotations

import pytest

from engine.errors import (
    CLASS_RULES,
    EngineUnavailable,
    ErrorClass,
    ErrorInfo,
    MappingFailed,
    RequestRefused,
    class_of_status,
)


def test_every_class_has_a_status_and_a_type() -> None:
    assert set(CLASS_RULES) == set(ErrorClass)
    assert {name.value: rule.status for name, rule in CLASS_RULES.items()} == {
        "invalid": 400,
        "auth": 502,
        "quota": 429,
        "rate_limit": 429,
        "overloaded": 503,
        "timeout": 504,
        "not_found": 404,
        "content_filter": 400,
        "context_length": 400,
        "upstream": 502,
    }


@pytest.mark.parametrize(
    ("status", "name"),
    [(400, "invalid"), (401, "auth"), (402, "quota"), (404, "not_found"), (408, "timeout"), (418, "invalid"),
     (429, "rate_limit"), (500, "upstream"), (503, "overloaded"), (529, "overloaded"), (302, "upstream")],
)  # fmt: skip
def test_the_class_of_a_bare_status(status: int, name: str) -> None:
    assert class_of_status(status) == name


def test_an_override_wins_over_the_class() -> None:
    info = ErrorInfo(ErrorClass.AUTH, "m", status_override=401, type_override="t")
    assert (info.status, info.type) == (401, "t")
    assert ErrorInfo(ErrorClass.AUTH, "m").status == 502


def test_what_clients_are_told() -> None:
    refused = RequestRefused("no", param="model", code="c", status=404)
    assert (str(refused), refused.info.status, refused.info.param) == ("no", 404, "model")
    failed = MappingFailed("bad data", "a.yaml:1:2")
    assert (failed.info.status, failed.info.code, failed.where) == (500, "mapping_failed", "a.yaml:1:2")
    assert "a.yaml:1:2: bad data" in failed.info.message
    away = EngineUnavailable("draining", retry_after=1.0)
    assert (away.info.status, away.info.retry_after) == (503, 1.0)
