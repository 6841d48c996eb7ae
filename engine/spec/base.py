"""How a spec class is declared, and read out of a tree.

    @spec
    class Target(Spec):
        \"\"\"One place where a model can be had.\"\"\"
        LABEL = "targets"
        provider: str | None = field("The provider that serves it.", default=None, ref="provider")

A field's annotation says what may stand there, `field(...)` the rest; `shapes` turns both into a JSON
Schema and a reader.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar, cast, dataclass_transform

from engine.diagnostics import Position, Problems
from engine.memo import Memo
from engine.tree import Entry, Scalar
from engine.tree import Mapping as Tree

Path = tuple[str | int, ...]


class Filled(str):
    """A text that a placeholder filled, where a secret may stand: nobody is shown it."""

    __slots__ = ()


# What a mapping that is not written stands for: one for all objects, since a large site has thousands.
NOTHING: Mapping[str, Any] = {}
REQUIRED = dataclasses.MISSING


@dataclass(frozen=True, slots=True)
class About:
    """What a field's annotation does not say.

    `key`: the YAML key, if it is no Python name · `form`: a name of `forms.FORMS` for texts · `ref`: the
    kind that a text names · `names`: the form of the keys of a mapping · `secret`: never shown ·
    `expression`: a text with a form, a reference or a secret may be a template · `one_or_list`: a single
    item may stand for a list of one · `boot`: the name behind `--flag` and `PROXYCTL_…`.
    """

    doc: str
    key: str | None = None
    form: str | None = None
    ref: str | None = None
    names: str | None = None
    secret: bool = False
    expression: bool = False
    one_or_list: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    example: Any = None
    boot: str | None = None


def field(doc: str, *, default: Any = REQUIRED, **about: Any) -> Any:
    """A field of a spec class; without a default its key must be written. Keywords as in `About`."""
    metadata = {"about": About(doc, **about)}
    if default == {}:
        return dataclasses.field(default_factory=lambda: NOTHING, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Short:
    """A short form: what stands instead of the mapping. `expand` gives the entries that it stands for."""

    form: str
    doc: str
    expand: Callable[[Scalar], Mapping[str, Entry]]


@dataclass(frozen=True, slots=True)
class Rule:
    """At most one, or exactly one, of these keys may stand in an object; at least one, if several may."""

    keys: tuple[str, ...]
    required: bool = False
    several: bool = False


class Written(NamedTuple):
    """Which keys an object has and where: file, line and column of the first, then of the second, and so on.

    Positions in a dict would take three times the room, and a large site has tens of thousands.
    """

    keys: tuple[str, ...] = ()
    places: tuple[Any, ...] = ()

    @classmethod
    def of(cls, node: Tree) -> Written:
        places = [
            part for entry in node for part in (entry.key_at.file, entry.key_at.line, entry.key_at.column)
        ]
        return cls(_KEYS[tuple(node.entries)], tuple(places))

    def place(self, key: str) -> Position | None:
        if key not in self.keys:
            return None
        first = 3 * self.keys.index(key)
        return Position(*self.places[first : first + 3])


# The same keys stand in most objects of a kind, so one tuple does for all.
_KEYS: Memo[tuple[str, ...], tuple[str, ...]] = Memo(lambda keys: keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Base of all spec classes. `LABEL` is what messages call the object; `at` is where it stands, `written`
    where each of its keys does; none does of a short form.

    `SHORT`: the short form, if there is one · `OPEN`: the field that takes all further keys · `RULES`: which
    keys exclude each other · `KEEP_NODE`: the field that takes the object's own node · `NULLS`: null may
    stand for any value, to remove what `extends` brings.
    """

    at: Position
    written: Written = dataclasses.field(default=Written(), repr=False)
    LABEL: ClassVar[str] = ""
    SHORT: ClassVar[Short | None] = None
    OPEN: ClassVar[str | None] = None
    RULES: ClassVar[tuple[Rule, ...]] = ()
    KEEP_NODE: ClassVar[str | None] = None
    NULLS: ClassVar[bool] = False

    def place(self, key: str) -> Position:
        """Where a YAML key of this object stands; of one that is not written, the object's own place."""
        return self.written.place(key) or self.at


S = TypeVar("S", bound=type)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def spec(cls: S) -> S:
    """Make a class a frozen, slotted, keyword-only dataclass."""
    return cast(S, dataclass(frozen=True, slots=True, kw_only=True)(cls))


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that stands at `path` of a file, and the kind of thing that it must be."""

    kind: str
    name: str
    at: Position
    path: Path

    @property
    def owner(self) -> tuple[str, ...]:
        """The object that uses the name: its top-level key and its own name."""
        return tuple(map(str, self.path[:2]))


@dataclass(slots=True)
class Binding:
    """What is collected while a file is read. With `mock`, secrets are not the real ones."""

    problems: Problems
    mock: bool = False
    references: list[Reference] = dataclasses.field(default_factory=list)


def dotted(path: Path) -> str:
    """`("pools", "a", "credentials", 0)` → `pools.a.credentials.0`."""
    return ".".join(map(str, path))


def entry(key: str, value: Any, at: Position, like: Scalar | None = None) -> Entry:
    """An entry that no one wrote: what a short form stands for."""
    origin = like.origin if like else ()
    missing = like.missing if like else ()
    return Entry(key, at, Scalar(value, at, origin=origin, missing=missing))
