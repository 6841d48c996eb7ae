"""The files of a site: route files, and test files beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.spec.base import Spec, field, spec
from engine.spec.client import Client
from engine.spec.conversation import Conversations
from engine.spec.dialect import Dialect
from engine.spec.endpoint import Endpoint
from engine.spec.group import Group
from engine.spec.model import Model, Price
from engine.spec.pool import Pool
from engine.spec.prompt import Prompt
from engine.spec.provider import Provider
from engine.spec.rule import Rule
from engine.spec.setting import Setting
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
    "groups": "group",
    "rules": "rule",
    "conversations": "conversation",
    "dialects": "dialect",
    "surfaces": "surface",
    "prices": "price",
    "settings": "setting",
}


@spec
class RouteFile(Spec):
    """A route file: `version: 1` and maps keyed by name. Names are unique across all files."""

    LABEL = "a route file"

    version: Literal[1] = field("The version of the language.")
    providers: Mapping[str, Provider] = field("Accounts at platforms.", default={}, names="name")
    pools: Mapping[str, Pool] = field("Credentials that stand in for one another.", default={}, names="name")
    models: Mapping[str, Model] = field("What clients may ask for; globs allowed.", default={}, names="alias")
    prices: Mapping[str, Price] = field(
        "What upstream models cost: by provider/model, or globs of these.", default={}, names="priced"
    )
    prompts: Mapping[str, Prompt] = field("Named prompt templates.", default={}, names="name")
    endpoints: Mapping[str, Endpoint | Literal["off"]] = field(
        "Paths that the engine answers on; `off` removes a standard one.", default={}, names="name"
    )
    clients: Mapping[str, Client] = field("Who may call.", default={}, names="name")
    groups: Mapping[str, Group] = field("What clients have in common.", default={}, names="name")
    rules: Mapping[str, Rule] = field(
        "What is replaced or masked in requests and answers.", default={}, names="name"
    )
    conversations: Mapping[str, Conversations] = field("Stores of conversations.", default={}, names="name")
    dialects: Mapping[str, Dialect] = field("How platforms are spoken to.", default={}, names="name")
    surfaces: Mapping[str, Surface] = field("How clients speak.", default={}, names="name")
    settings: Mapping[str, Setting] = field(
        "Values that may be changed while the site is served.", default={}, names="variable"
    )
    tests: tuple[TestCase, ...] = field("What the routes must do, checked offline.", default=())


@spec
class TestFile(Spec):
    """A test file, `x.test.yaml`: cases and nothing else."""

    __test__ = False  # for pytest: no test class
    LABEL = "a test file"

    version: Literal[1] = field("The version of the language.", default=1)
    tests: tuple[TestCase, ...] = field("The cases.")
