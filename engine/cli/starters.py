"""Starters: the text of a route file with one new object, out of a template of `pieces/`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile
from typing import Any

from engine.config.document import ParsedFile
from engine.registry import nearest
from engine.snapshot.chain import chain, merged
from engine.snapshot.library import library_texts, shipped
from engine.spec.dialect import Dialect
from engine.tree import Mapping as Tree
from engine.tree import Node, scalars, to_data

KINDS = ("provider", "model", "client", "dialect", "endpoint", "prompt")
LIKE = ("provider", "dialect")
NAMES = {"model": re.compile(r"[^\W\d_][\w.*/:-]*(?<!:)")}
NAME = re.compile(r"[^\W\d_][\w.-]*")
# A place to fill in, with what stands there otherwise: `<name>`, `<like:this>`.
PLACE = re.compile(r"<([a-z_]+)(?::([^<>]*))?>")
# A comment behind what it is about; they stand below each other.
REMARK = re.compile(r"^(.*\S) {2,}(#.*)$", re.MULTILINE)
# What the head of a shipped dialect says of its address.
ADDRESS = re.compile(r"base_url.*?(https?://[^\s,;)]*[^\s,;.)]|scripted:)")
# Platforms that usually want no key.
KEYLESS = re.compile(r"scripted:|https?://(?:localhost|127\.0\.0\.1)")


class NoStarter(Exception):
    """The site cannot have it; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Own:
    """What a site has that a starter may name; files with errors count as far as they are understood."""

    providers: list[str]
    models: list[str]
    dialects: Mapping[str, Dialect]

    @classmethod
    def of(cls, parsed: Iterable[ParsedFile]) -> Own:
        documents = [file.document for file in parsed if file.document is not None]
        return cls(
            sorted(name for document in documents for name in document.providers),
            # Globs last: what is exact is a better example.
            sorted((name for document in documents for name in document.models), key=lambda n: ("*" in n, n)),
            {name: dialect for document in documents for name, dialect in document.dialects.items()},
        )


def starter(kind: str, name: str, like: str | None, own: Own, key: str) -> str:
    """The file's text; `key` is a client's, of which only the hash stands there.

    Raises ValueError for what was asked wrongly, `NoStarter` for what the site lacks.
    """
    if not NAMES.get(kind, NAME).fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a starter: a letter, then letters, digits, '-', '_' and '.'"
        )
    values = {"name": name, "variable": re.sub(r"\W", "_", name.upper(), flags=re.ASCII)}
    template = kind
    if like is not None:
        values |= _pattern(like, own.dialects) if kind in LIKE else _no_pattern(kind)
        template = "dialect-like" if kind == "dialect" else kind
    elif kind == "model":
        values["provider"] = _any(own.providers, "provider")
    elif kind == "endpoint":
        values["model"] = _any([name.replace("*", "MODEL") for name in own.models], "model")
    elif kind == "client":
        values["hash"] = f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    text = (files("engine.cli") / "pieces" / f"{template}.yaml").read_text(encoding="utf-8")
    filled = PLACE.sub(lambda place: values.get(place[1], place[2]), text)
    return REMARK.sub(lambda found: f"{found[1]:<38} {found[2]}", filled)


def _no_pattern(kind: str) -> dict[str, str]:
    raise ValueError(f"--like goes with {' and '.join(LIKE)}, not with {kind}")


def _any(names: list[str], kind: str) -> str:
    if not names:
        raise NoStarter(f"the site has no {kind} yet, make one first: proxyctl new {kind} NAME --write")
    return names[0] if NAME.fullmatch(names[0]) else json.dumps(names[0], ensure_ascii=False)


def _pattern(like: str, own: Mapping[str, Dialect]) -> dict[str, str]:
    """What is known of a dialect: of the site, else of the library. Raises as `starter` does."""
    library = shipped().dialects
    known = sorted({*own, *library})
    if like not in known:
        near = nearest(like, known)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"there is no dialect {like!r}; {hint}")
    links, texts = chain(like, own, library), dict(library_texts(".yaml"))
    if not links:
        raise NoStarter(f"dialect {like!r} extends what is not there, see proxyctl validate")
    whole = merged([link.node for link in links])
    heads = [_head(texts.get(link.at.file, b"").decode()) for link in links]
    speaking = next((head for head in heads if "base_url" in head), "")
    address = found[1] if (found := ADDRESS.search(speaking)) else None
    params = _shown(whole.get("params"))
    keyless = whole.get("auth") is None or KEYLESS.match(address or "")
    return {
        "like": like,
        "about": heads[0],
        "no_key": "# " if keyless else "",
        "params": f"{{{', '.join(f'{name}: {json.dumps(each)}' for name, each in params.items())}}}",
    } | ({"base_url": address} if address else {})


def _shown(params: Node | None) -> dict[str, Any]:
    """Parameters with their defaults, but none that a placeholder filled: it may be a secret."""
    return {
        entry.key: None if any(leaf.origin for leaf in scalars(entry.value)) else to_data(entry.value)
        for entry in (params if isinstance(params, Tree) else ())
    }


def _head(text: str) -> str:
    """The comment that a shipped file begins with: what it is, its address, its credentials."""
    lines = text.splitlines(keepends=True)
    return "".join(takewhile(lambda line: line.startswith("#"), lines))
