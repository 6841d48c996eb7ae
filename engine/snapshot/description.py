"""What a site declares, object by object, as data that can be compared and shown without a secret.

It is read from the files as they are written, before placeholders are filled: the same on every machine.
Short forms are written out and defaults are filled in, so what means the same is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

from engine.config.interpolate import PLACEHOLDER
from engine.config.paths import mounted
from engine.config.settings import FILE
from engine.config.site import SiteFiles, is_test_file
from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.snapshot.prompts import read_prompt_file
from engine.spec.base import Spec
from engine.spec.document import KINDS, RouteFile
from engine.spec.forms import FORMS
from engine.spec.objects import Field, Object, fields_of
from engine.spec.prompt import Prompt
from engine.spec.settings import SiteFile
from engine.spec.shapes import SECRET_HEADER, Either, Items, Nullable, Shape, Table, Text, fits
from engine.tree import Entry, Node, Scalar
from engine.tree import Mapping as Tree
from engine.tree import Sequence as List

MASK = "(secret)"
UNSERVED = "tests"
# Names whose value is a secret where the format does not say what it is: in templates and open keys.
SECRET_NAME = re.compile(
    r"(?:^|[_-]|api|(?-i:(?=[A-Z])))(?:key|secret|token|password|bearer|authorization|cookie|credential)$",
    re.IGNORECASE,
)
SECRET_VARIABLE = re.compile(r"key|secret|token|password|bearer|authorization", re.IGNORECASE)
# A URL that lets in whoever has it.
LETS_IN = re.compile(r"[a-z0-9+.-]+://(?:[^/@\s]+@|\S*[?&]\w*(?:pass|secret|key|token)\w*=)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: what it `means`, by which it is compared, and how it is `shown`."""

    means: Any = field(repr=False)
    shown: Any = field(compare=False)


Data = Leaf | dict[str, "Data"] | list["Data"]
Declared = Mapping[str, Mapping[str, Data]]
"""Section → name → what is declared there, in the order of the format."""

Redact = Callable[[str], str]


def describe(
    site: SiteFiles, redact: Redact, problems: Problems, settings_file: bytes | None = None
) -> Declared:
    """What the files declare. `problems` gets what is no YAML; what else is wrong, `compile_site` finds.

    `redact` takes out of a shown text what looks like a key. Tests are left out: nobody is served by them.
    """
    reader = _Reader(redact)
    found: dict[str, dict[str, Data]] = {section: {} for section in (FILE, *KINDS)}
    if settings_file is not None and (tree := parse_yaml(FILE, settings_file, problems)):
        found[FILE] = reader.object(tree, SiteFile)
    for path in sorted(site.files):
        content = site.files[path]
        tree = parse_yaml(path, content, problems) if isinstance(content, bytes) else None
        if tree is None or is_test_file(path):
            continue
        sections = reader.object(tree, RouteFile)
        for section in KINDS:
            if isinstance(table := sections.get(section), dict):
                found[section] |= table
                if section == "endpoints":
                    _mount(table, path, site.settings.mounts)
    for prompt in found["prompts"].values():
        _include(prompt, site.prompts, reader, problems)
    return found


def shown(data: Data | None) -> Any:
    """Plain JSON data, without a secret."""
    if isinstance(data, dict):
        return {key: shown(each) for key, each in data.items()}
    if isinstance(data, list):
        return [shown(each) for each in data]
    return data.shown if data is not None else None


def _mount(endpoints: Mapping[str, Data], file: str, mounts: Mapping[str, str]) -> None:
    """An endpoint's path is where it answers; the directory of its file has a say in that."""
    for endpoint in endpoints.values():
        if isinstance(endpoint, dict) and isinstance(path := endpoint.get("path"), Leaf):
            where = mounted(file, str(path.shown), mounts)
            endpoint["path"] = Leaf(where, where)


def _include(prompt: Data, files: Mapping[str, bytes], reader: _Reader, problems: Problems) -> None:
    """What stands in its file is part of a prompt: `content`."""
    versions = prompt.get("versions") if isinstance(prompt, dict) else None
    for each in (prompt, *(versions if isinstance(versions, list) else ())):
        file = each.get("file") if isinstance(each, dict) else None
        raw = files.get(file.shown) if isinstance(file, Leaf) else None
        wording = read_prompt_file(str(shown(file)), raw, problems) if raw is not None else None
        if wording is not None and isinstance(each, dict):
            tree = wording.node
            each["content"] = (
                reader.object(tree, Prompt) if isinstance(tree, Tree) else reader.leaf(wording.raw)
            )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks a tree along the shapes of the format; where they do not fit, it takes what stands there."""

    redact: Redact

    def node(self, node: Node, shape: Shape, name: str) -> Data:
        """`name` is the key that it stands at."""
        match shape:
            case Nullable():
                return self.node(node, shape.inner, name)
            case Either():
                for member in shape.members:
                    if fits(node, member.types):
                        return self.node(node, member, name)
            case Object() if (tree := _written_out(node, shape)) is not None:
                return self.object(tree, shape.cls)
            case Table() if isinstance(node, Tree):
                return {entry.key: self.entry(entry, shape) for entry in node}
            case Items() if isinstance(node, List):
                return [self.node(item, shape.item, name) for item in node.items]
            case Items() if shape.or_one:
                return [self.node(node, shape.item, name)]
            case Text() if isinstance(node, Scalar):
                return self.leaf(node.value, form=shape.form, private=shape.secret)
        return self.plain(node, name)

    def entry(self, entry: Entry, table: Table) -> Data:
        if table.names == "header" and SECRET_HEADER.search(entry.key) and isinstance(entry.value, Scalar):
            return self.leaf(entry.value.value, private=True)
        return self.node(entry.value, table.value, entry.key)

    def object(self, tree: Tree, cls: type[Spec]) -> dict[str, Data]:
        found: dict[str, Data] = {}
        known = {item.key: item for item in fields_of(cls)}
        for item in known.values():
            if item.key not in tree.entries and not cls.NULLS and isinstance(item.default, str | int | float):
                found[item.key] = _default(item)
        for entry in tree:
            if entry.key == UNSERVED:
                continue
            its = known.get(entry.key)
            value = self.field(entry, its, tree) if its else self.plain(entry.value, entry.key)
            if its is None or not _says_nothing(its, value):
                found[entry.key] = value
        return found

    def field(self, entry: Entry, item: Field, tree: Tree) -> Data:
        if item.key == "default" and isinstance(entry.value, Scalar):
            return self.leaf(entry.value.value, private=_is_secret(tree))
        return self.node(entry.value, item.shape, item.key)

    def plain(self, node: Node, name: str) -> Data:
        """Templates, and data of any shape."""
        if isinstance(node, Tree):
            return {entry.key: self.plain(entry.value, entry.key) for entry in node}
        if isinstance(node, List):
            return [self.plain(item, name) for item in node.items]
        return self.leaf(node.value, private=SECRET_NAME.search(name) is not None)

    def leaf(self, value: Any, *, form: str | None = None, private: bool = False) -> Leaf:
        # True is no 1 here.
        return Leaf((isinstance(value, bool), _meaning(value, form)), self.shown(value, private))

    def shown(self, value: Any, private: bool) -> Any:
        if not isinstance(value, str):
            return MASK if private and value is not None else value
        if LETS_IN.match(value) or (private and value and not value.startswith("=") and "${" not in value):
            return MASK
        return self.redact(PLACEHOLDER.sub(lambda found: _without_default(found, private), value))


def _written_out(node: Node, shape: Object) -> Tree | None:
    """The mapping that stands there, or that a short form stands for."""
    short = shape.cls.SHORT
    if (
        short
        and isinstance(node, Scalar)
        and isinstance(node.value, str)
        and FORMS[short.form].fits(node.value)
    ):
        return Tree(dict(short.expand(node)), node.at)
    return node if isinstance(node, Tree) else None


def _default(item: Field) -> Leaf:
    value = item.default
    told = int(value) if isinstance(value, float) and value.is_integer() else value
    lasts = item.about.form in ("duration", "period")
    return Leaf((isinstance(value, bool), value), f"{told}s" if lasts else told)


def _says_nothing(item: Field, value: Data) -> bool:
    """Whether an empty list or mapping is what holds anyway."""
    return value in ([], {}) and not item.required and item.default in ((), MISSING)


def _is_secret(setting: Tree) -> bool:
    said = setting.get("secret")
    return isinstance(said, Scalar) and said.value is True


def _meaning(value: Any, form: str | None) -> Any:
    """`1m` means the same as `60s`."""
    measure = FORMS[form] if form else None
    if measure is None or not measure.is_measure or not isinstance(value, str) or not measure.fits(value):
        return value
    try:
        return measure.read(value)
    except ValueError:
        return value


def _without_default(found: re.Match[str], private: bool) -> str:
    """A placeholder, without the secret that stands in it for a variable that is not set."""
    name, has_default, default = found[2].partition(":-")
    hidden = has_default and default and (private or SECRET_VARIABLE.search(name))
    return f"${{{found[1]}:{name}:-{MASK}}}" if hidden else found[0]
