from __future__ import annotations

import jsonschema
import pytest

from engine.server.apidocs.bodies import ANY, _shipped, body_of
from engine.snapshot.library import shipped
from engine.snapshot.model import Endpoint


def endpoint(surface: str, kind: str = "surface", path: str = "/x") -> Endpoint:
    return Endpoint("e", path, ("POST",), kind, surface)


@pytest.mark.parametrize("surface", [*shipped().surfaces, "openai-chat"])
def test_every_protocol_that_ships_has_a_body(surface: str) -> None:
    body = body_of(endpoint(surface))
    assert body.request is not None and body.summary


@pytest.mark.parametrize(
    ("surface", "kind"), [(surface, kind) for surface, kinds in _shipped().items() for kind in kinds]
)
def test_bodies_are_schemas(surface: str, kind: str) -> None:
    body = body_of(endpoint(surface, kind))
    for schema in filter(None, (body.request, body.response)):
        jsonschema.Draft202012Validator.check_schema(dict(schema))


def test_a_protocol_of_the_sites_own_takes_any_object() -> None:
    own = body_of(endpoint("of-the-site"))
    assert (own.request, own.usual_errors) == ({"type": "object"}, False)
    assert body_of(endpoint("of-the-site", "what-comes-later")) == own


def test_one_model_is_not_the_list() -> None:
    models, model = (body_of(endpoint(ANY, "models", path)) for path in ("/v1/models", "/v1/models/{id}"))
    assert models.summary != model.summary == "One model"
