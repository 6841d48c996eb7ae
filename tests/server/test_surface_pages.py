"""What client protocols ask beside their chat."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.server.surface_pages import SURFACE_PAGES
from engine.snapshot.model import Endpoint
from tests.snapshot.sites import MOCK, served

SNAPSHOT = served(
    a=MOCK
    + "models: {smart: {targets: [mock/m]}, cheap: {targets: [mock/m]}}\n"
    + "surfaces: {s: {decode: {model: =body.name}, models: {one: {is: =model.id}, list: {all: =models}}}}\n"
)
ENDPOINT = Endpoint("e", "/e", ("GET",), "models", "s", answer={"version": "1"})


def page(kind: str, inbound: Inbound) -> object:
    return json.loads(SURFACE_PAGES[kind](SNAPSHOT, replace(ENDPOINT, kind=kind), inbound, None).body)


def test_pages() -> None:
    get = Inbound("GET", "/e", {}, {}, b"", "r")
    assert page("models", get) == {"all": [{"is": "cheap"}, {"is": "smart"}]}
    assert page("models", get._replace(names={"id": "smart"})) == {"is": "smart"}
    assert page("constant", get) == {"version": "1"}
    post = get._replace(method="POST", body=b'{"name": "smart"}')
    assert page("model", post) == {"is": "smart"}
    with pytest.raises(RequestRefused):
        page("model", post._replace(body=b'{"name": "nobody"}'))
