"""JSON Schemas out of the spec classes: for editors (`schemas/*.json`) and for the check at load.

`proxyctl schema --write schemas` writes the files anew; a test fails when they are not what the classes say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from engine.spec.base import Spec
from engine.spec.document import RouteFile, TestFile
from engine.spec.objects import object_schema
from engine.spec.placeholders import with_placeholders
from engine.spec.settings import SiteFile
from engine.spec.shapes import Schema
from engine.spec.template import Directive, template_definitions

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ROOTS: dict[str, type[Spec]] = {"route": RouteFile, "site": SiteFile, "test": TestFile}


class _Inline:
    """All in one piece, which is faster to validate with; templates are the mapping compiler's to check."""

    def object(self, cls: type[Any]) -> Schema:
        return object_schema(cls, self)

    def template(self) -> Schema:
        return {}


class _Definitions:
    """Objects and templates under `$defs`, for editors."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self.has_templates = False

    def object(self, cls: type[Any]) -> Schema:
        name = cls.__name__
        if name not in self.found:
            self.found[name] = {}  # stands while the object is being written, should it hold itself
            self.found[name] = object_schema(cls, self)
        return {"$ref": f"#/$defs/{name}"}

    def template(self) -> Schema:
        self.has_templates = True
        return {"$ref": "#/$defs/template"}


def runtime_schema(cls: type[Spec]) -> Schema:
    """What a file is checked against when it is loaded."""
    return object_schema(cls, _Inline())


def editor_schema(name: str, directives: Iterable[Directive]) -> Schema:
    """The schema file of a kind of file: `route`, `site` or `test`.

    `directives` are those of the mapping compiler, which stands above this package.
    """
    definitions = _Definitions()
    root = with_placeholders(object_schema(ROOTS[name], definitions))
    found = {title: with_placeholders(part) for title, part in sorted(definitions.found.items())}
    if definitions.has_templates:
        found |= template_definitions(tuple(directives))
    return {"$schema": DRAFT, **root, **({"$defs": found} if found else {})}


def schema_text(name: str, directives: Iterable[Directive]) -> str:
    return json.dumps(editor_schema(name, directives), indent=2, ensure_ascii=False) + "\n"
