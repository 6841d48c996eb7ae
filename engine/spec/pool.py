"""`pools:`, credentials that stand in for one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.spec.base import Rule, Spec, field, spec
from engine.spec.limits import RateLimits
from engine.spec.resilience import ErrorClassName, Penalty
from engine.tree import Node


@spec
class CredentialFile(Spec):
    """How one credential is written as a file. The templates see it as `credential`."""

    LABEL = "write"

    name: Node | None = field(
        "The file's name, without its ending; left out, the id.",
        default=None,
        example="token_${credential.user_id}",
    )
    file: Mapping[str, Node] = field("What stands in it.", example={"key": "=credential.key"})


@spec
class PoolState(Spec):
    """A file of another program that says who is next. It counts until somebody says something here."""

    LABEL = "state"

    file: str = field("A JSON file of the directory.", example="manager_state.json")
    selected: Node | None = field(
        "The credential that is used before all others, by id or by the name of its file.",
        default=None,
        example="=selected_filename",
    )
    rotation: Node | None = field("Whether the pool rotates.", default=None, example="=rotates")


@spec
class Credential(Spec):
    """One key, or a directory that holds one in each file. Further names are open: `credential.*`."""

    LABEL = "credentials"
    OPEN = "extra"
    RULES = (Rule(("file", "directory")),)

    id: str | None = field("A name for logs and metrics.", default=None)
    key: str | None = field(
        "The key; of a directory, an expression over a file.", default=None, secret=True, expression=True
    )
    weight: float = field("Share of the requests, for `weighted`.", default=1.0, minimum=0)
    models: tuple[str, ...] | None = field(
        "Globs on the upstream models that it may be used for.", default=None, form="glob", one_or_list=True
    )
    limits: RateLimits | None = field("How much it may be used.", default=None)
    expires: Node | None = field("When it ends: seconds since 1970, a date, or an expression.", default=None)
    file: str | None = field("A JSON file whose names are taken in.", default=None)
    directory: str | None = field("A directory with one credential in each file.", default=None)
    format: Literal["json"] = field("What the files hold.", default="json")
    ignore: tuple[str, ...] = field(
        "Globs on names of files that hold no credential.", default=(), form="glob", one_or_list=True
    )
    state: PoolState | None = field(
        "A file of the directory that holds no credential, but says who is next.", default=None
    )
    write: CredentialFile | None = field(
        "How files are written: then what is added or acquired is kept there, and what is deleted goes.",
        default=None,
    )
    extra: Mapping[str, Node]


@spec
class Probe(Spec):
    """Credentials that were taken off duty are tried from time to time; one that works is put on again."""

    LABEL = "probe"

    every: float = field("How often.", default=300.0, form="duration", example="5m")
    operation: str = field("The operation of the platform that is called.", default="models")


@spec
class Pool(Spec):
    """Credentials that stand in for one another."""

    LABEL = "pools"

    strategy: Literal["round_robin", "rotate", "weighted", "least_used", "random", "sticky"] = field(
        "How the next one is chosen.", default="round_robin"
    )
    every: int = field("Requests that `rotate` stays on one; 0: it stays.", default=1, minimum=0)
    credentials: tuple[Credential, ...] = field("The keys.")
    on_error: Mapping[ErrorClassName, Penalty] | Literal["off"] | None = field(
        "What an error does to the credential that met it.", default=None
    )
    probe: Probe | None = field("Trying those that were refused; without it nobody does.", default=None)
