"""`surfaces:`, how clients speak. The templates are nodes; the surface compiler reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.spec.base import Spec, field, spec
from engine.spec.endpoint import Method
from engine.tree import Mapping as Tree
from engine.tree import Node


@spec
class SurfaceEndpoint(Spec):
    """A standard endpoint of a surface."""

    LABEL = "endpoints"

    path: str = field("Where it answers.", form="path")
    methods: tuple[Method, ...] | None = field("The HTTP methods.", default=None, one_or_list=True)
    operation: str | None = field("The capability that it needs.", default=None, example="chat")


@spec
class Surface(Spec):
    """A client protocol: requests are decoded into `chat`, events encoded into its own JSON and stream."""

    LABEL = "surfaces"
    NULLS = True
    KEEP_NODE = "node"

    extends: str | None = field("The surface that this one changes.", default=None, ref="surface")
    wire: str | None = field("The wire format, for passing bytes through.", default=None)
    endpoints: Mapping[str, SurfaceEndpoint] = field("Its standard endpoints.", default={})
    tables: Mapping[str, Any] = field("Constants: `tables.*`.", default={})
    let: Mapping[str, Node] = field("Names that are computed once.", default={})
    defs: Mapping[str, Node] = field("Named templates, for `$call`.", default={})
    decode: Node | None = field("The client's body → the neutral request.", default=None)
    encode: Node | None = field("Events → its own JSON and stream, with `state`.", default=None)
    error: Node | None = field("An error in its own shape.", default=None)
    models: Node | None = field("Its own list of models.", default=None)
    tests: Any = field("Tests of this surface.", default=None)
    node: Tree
