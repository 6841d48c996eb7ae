"""Prompts: what is declared and what stands in files below `prompts/`, compiled."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from engine.config import structure
from engine.config.yaml import parse_yaml
from engine.diagnostics import Diagnostic, Position, Problems
from engine.prompts.prompt import Check, Prompt, Version
from engine.prompts.template import BadTemplate, TextTemplate
from engine.registry import nearest
from engine.snapshot.cache import Cache
from engine.spec.base import Binding
from engine.spec.document import RouteFile
from engine.spec.objects import Object
from engine.spec.prompt import Prompt as Declared
from engine.spec.prompt import PromptSystem, PromptUser, PromptVersion
from engine.surfaces.json_schema import SchemaError, compile_check
from engine.surfaces.openai_chat.refusals import Wrong
from engine.tree import Entry, Node, Scalar, at_path, from_data
from engine.tree import Mapping as Tree

BELOW = "prompts/"
FILE_KIND = "prompt file"


class Wording(NamedTuple):
    """One version as it is written, and the tree that it stands in (None: a file that is the user's part)."""

    written: PromptVersion
    node: Node | None
    raw: str = ""


def build_prompts(
    declared: Mapping[str, Declared], files: Mapping[str, bytes], cache: Cache, problems: Problems
) -> dict[str, Prompt]:
    """The prompts that can be used; what is wrong with others stands in `problems`."""
    built = {}
    for name, prompt in declared.items():
        used = tuple((file, files.get(file)) for file in _files_of(prompt))
        build = partial(_build, name, prompt, files)
        made = cache.make("prompt", name, (prompt, used, tuple(files)), build, problems)
        if made is not None:
            built[name] = made
    return built


def _files_of(prompt: Declared) -> Iterator[str]:
    for version in (prompt, *prompt.versions):
        if version.file is not None:
            yield version.file


def _build(name: str, prompt: Declared, files: Mapping[str, bytes], problems: Problems) -> Prompt | None:
    own = Problems()
    versions, schemas, at = [], dict[str, Any](), prompt.at
    for number, written in enumerate(prompt.versions or (prompt,), 1):
        wording = _wording(name, written, files, own)
        if wording is None:
            continue
        if isinstance(wording.written, Declared):
            schemas.update(wording.written.variables)
        at = wording.written.at
        versions.append(_version(written, wording, number, own))
    schemas.update(prompt.variables)
    checks = _checks(name, schemas, prompt, own)
    defaults = {key: schema["default"] for key, schema in schemas.items() if "default" in schema}
    made = Prompt(name, tuple(versions), checks, defaults, at)
    if schemas and versions:
        _check_names(made, schemas, prompt, own)
    problems.extend(own.items)
    return None if own.has_errors else made


def _wording(
    name: str, written: PromptVersion, files: Mapping[str, bytes], problems: Problems
) -> Wording | None:
    if written.file is None:
        if written.user is None and written.system is None:
            message = "a prompt has a file, or a system or a user part"
            problems.error(written.at, "empty-prompt", message, path=f"prompts.{name}")
            return None
        return Wording(written, None)
    raw = files.get(written.file)
    if raw is None:
        near = nearest(written.file, list(files))
        problems.extend(
            [
                Diagnostic(
                    written.place("file"),
                    "unknown-prompt-file",
                    f"there is no file {BELOW}{written.file}",
                    hint=f"did you mean {near!r}?" if near else "it is looked for below prompts/",
                    path=f"prompts.{name}.file",
                    missing_name=(FILE_KIND, written.file),
                )
            ]
        )
        return None
    return read_prompt_file(written.file, raw, problems)


def read_prompt_file(file: str, raw: bytes, problems: Problems) -> Wording | None:
    """What a file below `prompts/` says. Its name says how it is written."""
    at = Position(f"{BELOW}{file}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.error(at, "bad-encoding", "the file is not UTF-8")
        return None
    if file.endswith(".j2"):
        return Wording(PromptVersion(at=at, user=text), None, text)
    node: Node | None = None
    if file.endswith(".toml"):
        node = _toml(at, text, problems)
    elif file.endswith((".yaml", ".yml")):
        node = parse_yaml(at.file, raw, problems)
    else:
        problems.error(at, "bad-prompt-file", "a prompt file ends in .toml, .yaml or .j2")
    if not isinstance(node, Tree):
        return None
    bound = _bound(node, problems)
    return Wording(bound, node, text) if bound is not None else None


def _toml(at: Position, text: str, problems: Problems) -> Node | None:
    try:
        return from_data(tomllib.loads(text), at)
    except tomllib.TOMLDecodeError as mistake:
        # Its own words end in `(at line 3, column 7)`.
        message, _, place = str(mistake).partition(" (at line ")
        line, _, column = place.rstrip(")").partition(", column ")
        where = Position(at.file, int(line), int(column)) if line.isdigit() and column.isdigit() else at
        problems.error(where, "bad-toml", f"not valid TOML: {message[:1].lower()}{message[1:]}")
        return None


def _bound(node: Tree, problems: Problems) -> Declared | None:
    """The same as under `prompts:`, with the same checks."""
    at, own = node.at, Problems()
    entries = {
        "version": Entry("version", at, Scalar(1, at)),
        "prompts": Entry("prompts", at, Tree({"file": Entry("file", at, node)}, at)),
    }
    tree = Tree(entries, at)
    structure.check(tree, "route", own)
    bound = Object(RouteFile).bind(tree, (), Binding(own))
    problems.extend(own.items)
    return None if own.has_errors or bound is None else bound.prompts.get("file")


def _version(written: PromptVersion, wording: Wording, number: int, problems: Problems) -> Version:
    said = wording.written
    name = written.version if written.version is not None else said.version
    if isinstance(said.system, PromptSystem):
        content, system = said.system.content, said.system.template
    else:
        content, system = None, said.system
    user = said.user.template if isinstance(said.user, PromptUser) else said.user
    return Version(
        str(name if name is not None else number),
        _template(wording, "system", system, problems) if system is not None else content,
        _template(wording, "user", user, problems) if user is not None else None,
        written.weight,
    )


def _template(wording: Wording, part: str, text: str, problems: Problems) -> TextTemplate | None:
    """None, with a problem noted, when it is none."""
    try:
        return TextTemplate(text)
    except BadTemplate as mistake:
        at = _place(wording, part, text, mistake.line)
        problems.error(at, "bad-prompt", f"the prompt's template is wrong: {mistake}")
        return None


def _place(wording: Wording, part: str, text: str, line: int) -> Position:
    """Where a line of a part stands."""
    at = wording.written.at
    wanted = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if wording.node is not None:
        leaf = at_path(wording.node, [part, "template"])
        if isinstance(leaf, Scalar) and leaf.locate is not None:
            return leaf.at_offset(sum(len(each) + 1 for each in text.split("\n")[: line - 1]))
    if wording.raw:
        found = [number for number, each in enumerate(wording.raw.split("\n"), 1) if wanted in each]
        return Position(at.file, found[0] if found else 1)
    return wording.written.place(part)


def _checks(name: str, schemas: Mapping[str, Any], prompt: Declared, problems: Problems) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    for variable, schema in schemas.items():
        try:
            checks[variable] = partial(_check, compile_check(schema), name, variable)
        except SchemaError as mistake:
            path = f"prompts.{name}.variables.{variable}"
            problems.error(prompt.place("variables"), "bad-schema", str(mistake), path=path)
    return checks


def _check(check: Any, prompt: str, variable: str, value: Any) -> None:
    """Raises `RequestRefused`, whose `param` is the variable."""
    try:
        check(value)
    except Wrong as wrong:
        wrong.refuse(variable)


def _check_names(made: Prompt, schemas: Mapping[str, Any], prompt: Declared, problems: Problems) -> None:
    """Once variables are declared, the template has no others."""
    for variable in sorted(made.variables - schemas.keys()):
        near = nearest(variable, list(schemas))
        hint = f"did you mean {near!r}?" if near else f"it declares {', '.join(schemas)}"
        message = f"the template of prompt {made.name!r} uses {variable!r}, which is not among its variables"
        problems.error(prompt.place("variables"), "unknown-variable", message, hint=hint)
