from __future__ import annotations

import json

from engine.errors import ErrorClass, ErrorInfo
from engine.server.page import error_page, json_page


def test_an_error_has_the_hubs_shape_and_its_own_status() -> None:
    page = error_page(
        ErrorInfo(ErrorClass.RATE_LIMIT, "slow down", "slow", retry_after=2.1), {"allow": "GET"}
    )
    assert (page.status, page.content_type) == (429, "application/json")
    assert page.headers == {"retry-after": "3", "allow": "GET"}
    error = json.loads(page.body)["error"]
    assert error == {"message": "slow down", "type": "rate_limit_error", "param": None, "code": "slow"}


def test_json() -> None:
    assert json_page({"a": [1, "é"]}, 201, {"x": "y"}).body == '{"a":[1,"é"]}'.encode()
