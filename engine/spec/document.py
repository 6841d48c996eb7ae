"""The files of a site: route files, and test files beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.spec.base import Spec, field, spec
from engine.spec.client import Client
from engine.spec.conversation import Conversations
from engine.spec.dialect import Dialect
from engine.spec.endpoint import Endpoint
from engine.spec.model import Model
from engine.spec.pool import Pool
from engine.spec.prompt import Prompt
from engine.spec.provider import Provider
from engine.spec.surface import Surface
from engine.spec.test_case import TestCase

# Top-level map -> the kind of what it names; references and messages speak of kinds.
KINDS = {
    "providers": "provider",
    "pools": "pool",
    "models": "model",
    "prompts": "prompt",
    "endpoints": "endpoint",
    "clients": "client",
    "conversations": "conversation",
    "dialects": "dialect",
    "surfaces": "surface",
}


@spec
class RouteFile(Spec):
    """A route file: `version: 1` and maps keyed by name. Names are unique across all files."""

    LABEL = "a route file"

    version: Literal[1] = field("The version of the language.")
    providers: Mapping[str, Provider] = field("Accounts at platforms.", default={}, names="name")
    pools: Mapping[str, Pool] = field("Credentials that stand in for one another.", default={}, names="name")
    models: Mapping[str, Model] = field("What clients may ask for; globs allowed.", default={}, names="alias")
    prompts: Mapping[str, Prompt] = field("Named prompt templates.", default={}, names="name")
    endpoints: Mapping[str, Endpoint | Literal["off"]] = field(
        "Paths that the engine answers on; `off` removes a standard one.", default={}, names="name"
    )
    clients: Mapping[str, Client] = field("Who may call.", default={}, names="name")
    conversations: Mapping[str, Conversations] = field("Stores of conversations.", default={}, names="name")
    dialects: Mapping[str, Dialect] = field("How platforms are spoken to.", default={}, names="name")
    surfaces: Mapping[str, Surface] = field("How clients speak.", default={}, names="name")
    tests: tuple[TestCase, ...] = field("What the routes must do, checked offline.", default=())


@spec
class TestFile(Spec):
    """A test file, `x.test.yaml`: cases and nothing else."""

    __test__ = False  # for pytest: no test class
    LABEL = "a test file"

    version: Literal[1] = field("The version of the language.", default=1)
    tests: tuple[TestCase, ...] = field("The cases.")
