"""The reference pages, written from the registries and spec classes: `python -m engine.cli.reference DIR`.

A test fails when the pages that are checked in are not these.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from engine.actions.action import Input, InputKind
from engine.actions.registry import ACTIONS
from engine.cli.shape_words import default_words, object_page_parts, rule_words, words
from engine.config.settings import boot_settings
from engine.credentials.registry import STRATEGIES as CREDENTIAL_STRATEGIES
from engine.errors import CLASS_RULES
from engine.events import CHAT_FIELDS, EVENT_FIELDS
from engine.expression.registry import FUNCTIONS
from engine.mapping.names import VIEWS
from engine.mapping.registry import DIRECTIVES
from engine.registry import Example
from engine.routing.failover import VERDICT_WORDS, rows
from engine.routing.registry import STRATEGIES as ROUTING_STRATEGIES
from engine.signing.registry import SCHEMES
from engine.signing.scheme import Scheme
from engine.spec.base import Spec
from engine.spec.document import RouteFile, TestFile
from engine.spec.objects import fields_of
from engine.wire.registry import FRAMINGS

GENERATED = "<!-- Written by `python -m engine.cli.reference docs/reference`; do not edit. -->"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {name: "\n".join([GENERATED, "", *write()]).rstrip() + "\n" for name, write in PAGES.items()}


def route_files() -> Iterator[str]:
    yield "# Route files"
    yield from ("", "What may stand in `routes.d/**/*.yaml`. Unknown keys are errors.", "")
    yield from objects(RouteFile)


def test_files() -> Iterator[str]:
    yield "# Test files"
    yield from ("", "What may stand in `x.test.yaml`, and under `tests:` in a route file.", "")
    yield from objects(TestFile)


def objects(root: type[Spec]) -> Iterator[str]:
    for cls in object_page_parts(root):
        yield from (f"## {cls.__name__}", "", inspect.cleandoc(cls.__doc__ or ""), "")
        if cls.SHORT:
            yield from (f"Short form: {cls.SHORT.doc}", "")
        yield from table(("key", "what may stand there", "default", "meaning"), map(_key_row, fields_of(cls)))
        for rule in cls.RULES:
            yield from ("", rule_words(rule))
        yield ""


def _key_row(field: Any) -> tuple[str, str, str, str]:
    return f"`{field.key}`", words(field.shape), default_words(field), field.about.doc.replace("|", "\\|")


def settings() -> Iterator[str]:
    yield "# Boot settings"
    yield from (
        "",
        "Keys of `proxyctl.yaml`. The flag wins over the variable, the variable over the file.",
        "",
    )
    rows_ = (
        (
            f"`{'.'.join(setting.path)}`",
            f"`{setting.flag}`",
            f"`{setting.variable}`",
            words(setting.field.shape).replace("](#", "](route-files.md#"),
            "" if setting.field.required else default_words(setting.field),
            setting.doc,
        )
        for setting in boot_settings()
    )
    yield from table(("key", "flag", "variable", "what may stand there", "default", "meaning"), rows_)


def functions() -> Iterator[str]:
    yield "# Functions"
    yield from ("", "All functions of expressions: those of JMESPath, and more.", "")
    for function in sorted(FUNCTIONS, key=lambda item: item.name):
        yield from (f"## {function.name}", "", f"`{function.signature}`", "", function.summary, "")
        yield from examples(function.examples)


def directives() -> Iterator[str]:
    yield "# Directives and names"
    yield from ("", "The keys of templates that begin with `$`.", "")
    for directive in sorted(DIRECTIVES, key=lambda item: item.name):
        yield from (f"## {directive.name}", "", directive.summary, "")
        if directive.keys:
            yield from (f"Beside it: {', '.join(f'`{key}`' for key in directive.keys)}.", "")
        yield from examples(directive.examples)
    yield from ("## Names", "", "What an expression sees, by the place where it stands.", "")
    yield from table(("place", "names"), ((view.name, _codes(view.names)) for view in VIEWS.values()))
    yield from ("", "## The neutral request", "", f"`chat` has {_codes(CHAT_FIELDS)}.", "")
    yield from (
        "## The neutral answer",
        "",
        "Events and their fields; a scalar stands for the first field.",
        "",
    )
    yield from table(
        ("event", "fields"),
        ((f"`{kind}`", "any" if fields is None else _codes(fields)) for kind, fields in EVENT_FIELDS.items()),
    )


class Component(Protocol):
    """What framings and strategies have in common."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def examples(self) -> tuple[Example, ...]: ...


def components() -> Iterator[str]:
    yield "# Framings, signing schemes and strategies"
    kinds: tuple[tuple[str, Iterable[Component]], ...] = (
        ("Framings of streams (`stream.frames`)", FRAMINGS),
        ("Signing schemes (`auth.scheme`)", SCHEMES),
        ("Strategies of models (`models.*.strategy`)", ROUTING_STRATEGIES),
        ("Strategies of pools (`pools.*.strategy`)", CREDENTIAL_STRATEGIES),
    )
    for title, registry in kinds:
        yield from ("", f"## {title}", "")
        for component in sorted(registry, key=lambda item: item.name):
            yield from (f"### {component.name}", "", component.summary, "")
            if isinstance(component, Scheme):
                yield from table(
                    ("input", "meaning"), ((f"`{name}`", told) for name, told in component.inputs.items())
                )
                yield ""
            yield from examples(component.examples)


def actions() -> Iterator[str]:
    yield "# Actions"
    yield from ("", "What an endpoint can do: `endpoints.*.action`, with these inputs under `with:`.", "")
    for action in sorted(ACTIONS, key=lambda item: item.name):
        yield from (f"## {action.name}", "", action.summary, "")
        yield from (f"It answers {'GET' if action.reads else 'POST'}, unless `methods` says more.", "")
        if action.inputs:
            yield from table(("input", "must be", "meaning"), map(_input_row, action.inputs))
            yield ""
        for group in action.one_of:
            yield from (f"One of {_codes(group)} must be given.", "")
        yield from table(("`result.*`", "meaning"), ((f"`{n}`", told) for n, told in action.result.items()))
        yield ""
        if action.events:
            yield from (f"It streams events of the kinds {_codes(action.events)}.", "")
        yield "```text"
        yield "\n\n".join(
            f"with {_json(dict(each.inputs))}\n→ {_json(each.result)}" for each in action.examples
        )
        yield from ("```", "")


def _input_row(item: Input) -> tuple[str, str, str]:
    name = f"`{item.name}`{' (needed)' if item.required else ''}"
    kind = (
        item.schema.get("type", "anything")
        if item.kind is InputKind.VALUE
        else f"name of a {item.kind.value}"
    )
    return name, kind if isinstance(kind, str) else " or ".join(kind), item.summary


def failover() -> Iterator[str]:
    yield "# Errors and failover"
    yield from ("", "## Error classes", "")
    yield from table(
        ("class", "status", "type"),
        ((f"`{name.value}`", str(rule.status), f"`{rule.type}`") for name, rule in CLASS_RULES.items()),
    )
    yield from ("", "## What follows a failure", "", "Of each list, the first that is possible.", "")
    yield from table(
        ("stages", "classes", "verdicts", "why"),
        (
            (_list(row["stages"]), _list(row["classes"]), _list(row["verdicts"], " → "), str(row["why"]))
            for row in rows()
        ),
    )
    yield ""
    yield from table(("verdict", "meaning"), ((f"`{v.value}`", text) for v, text in VERDICT_WORDS.items()))


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "route-files.md": route_files,
    "test-files.md": test_files,
    "settings.md": settings,
    "actions.md": actions,
    "functions.md": functions,
    "directives.md": directives,
    "components.md": components,
    "failover.md": failover,
}


def examples(shown: Iterable[Example]) -> Iterator[str]:
    """One block: `given …` where an example needs it, the text, an arrow and the result."""
    parts = []
    for example in shown:
        given = f"given {_json(dict(example.given))}\n" if example.given else ""
        text = example.text.replace("\r", "\\r")
        parts.append(f"{given}{text}\n→ {_json(example.result)}")
    yield from ("```text", "\n\n".join(parts), "```", "")


def table(header: tuple[str, ...], body: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in body:
        yield f"| {' | '.join(row)} |"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _codes(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _list(names: object, between: str = ", ") -> str:
    assert isinstance(names, list)
    return between.join(str(name) for name in names)


def main(arguments: list[str]) -> None:
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
