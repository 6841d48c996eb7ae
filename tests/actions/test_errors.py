from __future__ import annotations

from engine.actions.errors import Failure, Stage, Wrong, detail_shape
from engine.errors import ErrorClass, ErrorInfo

BAD = ErrorInfo(
    ErrorClass.INVALID, "Missing required parameter: 'a.b[0]'.", "missing_required_parameter", "a.b[0]"
)


def test_detail_is_the_message() -> None:
    shape = detail_shape(None)
    failure = Failure(ErrorInfo(ErrorClass.QUOTA, "no money"), Stage.ACTION)
    assert (shape.status_of(failure), shape.body(failure)) == (429, {"detail": "no money"})


def test_detail_of_a_wrong_request_lists_the_fields() -> None:
    shape = detail_shape(None)
    wrong = [Wrong("a.b[0]", "missing_required_parameter", "x"), Wrong("c", "invalid_type", "not a string")]
    failure = Failure(BAD, Stage.REQUEST, wrong)
    assert shape.status_of(failure) == 422
    assert shape.body(failure) == {
        "detail": [
            {"loc": ["body", "a", "b", 0], "msg": "Field required", "type": "missing"},
            {"loc": ["body", "c"], "msg": "not a string", "type": "invalid_type"},
        ]
    }


def test_a_request_that_is_wrong_for_another_reason_keeps_its_status() -> None:
    late = ErrorInfo(ErrorClass.INVALID, "too large", "body_too_large", status_override=413)
    assert detail_shape(None).status_of(Failure(late, Stage.REQUEST)) == 413


def test_templates_know_how_far_a_request_had_come() -> None:
    names = Failure(BAD, Stage.DOOR).names()
    assert (names["stage"], names["status"], names["detail"]) == ("door", 400, BAD.message)
