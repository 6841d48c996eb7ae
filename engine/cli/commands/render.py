"""Fill in a prompt of the site, as the actions would; no model is asked.

    proxyctl render greeting --var name=Ann --var city=Rome

A variable is text; where its schema wants something else, it is read as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.site import open_site
from engine.errors import RequestRefused
from engine.prompts.prompt import Prompt, Rendered
from engine.registry import nearest


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prompt", metavar="PROMPT", help="its name under `prompts:`")
    parser.add_argument(
        "--var", metavar="NAME=VALUE", action="append", default=[], help="a variable; may be repeated"
    )
    parser.add_argument("--wording", metavar="VERSION", help="of several versions, this; default: the first")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    prompts = open_site(args.site, mock=True).snapshot().prompts
    try:
        prompt = _of_version(_named(prompts, args.prompt), args.wording)
        variables = _variables(prompt, args.var)
    except ValueError as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.USAGE
    try:
        rendered = prompt.render(variables, lambda: 0.0)
    except RequestRefused as refused:
        Console.stderr().line(f"proxyctl: {refused}")
        return Exit.ERRORS
    _write(rendered, args.format, Console.stdout())
    return Exit.GOOD


def _named(prompts: Any, name: str) -> Prompt:
    """Raises ValueError."""
    found = prompts.get(name)
    if not isinstance(found, Prompt):
        near = nearest(name, list(prompts))
        hint = f"did you mean {near!r}?" if near else f"there is {', '.join(prompts) or 'none'}"
        raise ValueError(f"there is no prompt {name!r}; {hint}")
    return found


def _of_version(prompt: Prompt, wanted: str | None) -> Prompt:
    """The prompt with one of its versions alone. Raises ValueError."""
    names = [each.name for each in prompt.versions]
    if wanted is not None and wanted not in names:
        raise ValueError(f"prompt {prompt.name!r} has no version {wanted!r}; there is {', '.join(names)}")
    one = prompt.versions[0 if wanted is None else names.index(wanted)]
    return replace(prompt, versions=(one,))


def _variables(prompt: Prompt, written: Sequence[str]) -> dict[str, Any]:
    """Raises ValueError."""
    given: dict[str, Any] = {}
    for each in written:
        name, equals, text = each.partition("=")
        if not equals:
            raise ValueError(f"--var wants NAME=VALUE, not {each!r}")
        if name not in prompt.variables:
            near = nearest(name, list(prompt.variables))
            known = ", ".join(sorted(prompt.variables)) or "none"
            hint = f"did you mean {near!r}?" if near else f"there is {known}"
            raise ValueError(f"prompt {prompt.name!r} has no variable {name!r}; {hint}")
        given[name] = _value(text, prompt.checks.get(name))
    return given


def _value(text: str, check: Callable[[Any], None] | None) -> Any:
    """The text, or the JSON that it is where only that fits."""
    if check is None or _fits(text, check):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if _fits(value, check) else text


def _fits(value: Any, check: Callable[[Any], None]) -> bool:
    try:
        check(value)
    except RequestRefused:
        return False
    return True


def _write(rendered: Rendered, form: str, console: Console) -> None:
    if form == "json":
        console.line(json.dumps(rendered._asdict(), indent=2, ensure_ascii=False))
        return
    parts = [(name, text) for name, text in (("system", rendered.system), ("user", rendered.user)) if text]
    for name, text in parts:
        console.line(console.paint("bold", f"# {name}"))
        console.line(text)
