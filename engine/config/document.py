"""One file, read: what can be said of it without looking at any other. The part that is worth caching."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.config import structure
from engine.config.interpolate import Missing, fill
from engine.config.site import is_test_file
from engine.config.within import check_within
from engine.config.yaml import parse_yaml
from engine.diagnostics import Diagnostic, Position, Problems, in_order
from engine.ports import Secrets
from engine.spec.base import Binding, Reference
from engine.spec.document import KINDS, RouteFile, TestFile
from engine.spec.objects import Object
from engine.spec.schema import ROOTS
from engine.tree import Mapping as Tree
from engine.tree import Node

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A route file or a test file.

    `document` is None when the YAML is broken, or `version` is. What does not fit is left out of it, and
    `diagnostics` say so. `names` are (kind, name) → the place of the key; `references` the names that it
    uses; `missing` the placeholders that could not be filled (reported by `references`); `tests` the cases
    as they are written; `settings` the settings that it uses, with what they stood for.
    """

    file: str
    sha256: str
    document: RouteFile | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    names: Mapping[Name, Position] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    missing: tuple[Missing, ...] = ()
    tests: Node | None = None
    settings: Mapping[str, str | None] = field(default_factory=dict, repr=False)

    def without_tests(self) -> ParsedFile:
        """The same for those who run none."""
        document = replace(self.document, tests=()) if self.document else None
        return replace(self, document=document, tests=None)


def read_file(
    file: str,
    raw: bytes,
    secrets: Secrets,
    *,
    mock: bool = False,
    settings: Mapping[str, str | None] | None = None,
) -> ParsedFile:
    """Parse, fill in, check and bind one file. Raises nothing: all faults are diagnostics."""
    problems = Problems()
    digest = hashlib.sha256(raw).hexdigest()
    tree = parse_yaml(file, raw, problems)
    if tree is None:
        return ParsedFile(file, digest, diagnostics=tuple(problems.items))
    filled = fill(tree, secrets, problems, mock=mock, settings=settings)
    assert isinstance(filled.node, Tree)
    tree = filled.node
    kind = "test" if is_test_file(file) else "route"
    broken = structure.check(tree, kind, problems, mock=mock)
    binding = Binding(problems, mock)
    document = _document(Object(ROOTS[kind]).bind(tree, (), binding))
    names = _names(tree) if kind == "route" else {}
    if document:
        check_within(document, names, broken, problems)
    found = tuple(in_order(problems.items))
    references = tuple(binding.references)
    return ParsedFile(
        file, digest, document, found, names, references, filled.missing, tree.get("tests"), filled.settings
    )


def _document(bound: object) -> RouteFile | None:
    """A test file is a route file that holds nothing but tests."""
    if isinstance(bound, TestFile):
        return RouteFile(at=bound.at, version=1, tests=bound.tests)
    return bound if isinstance(bound, RouteFile) else None


def _names(tree: Tree) -> dict[Name, Position]:
    """Every name that the file declares, broken objects too: their users are not at fault."""
    names: dict[Name, Position] = {}
    for key, kind in KINDS.items():
        table = tree.get(key)
        if isinstance(table, Tree):
            names |= {(kind, entry.key): entry.key_at for entry in table}
    return names
