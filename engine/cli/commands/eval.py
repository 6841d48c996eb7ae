"""Evaluate an expression, or a template in a file, against a request and an answer: to try out a mapping.

    proxyctl eval 'chat.turns[*].parts[].text' --body request.json
    proxyctl eval 'data.choices[0].delta.content' --data chunk.json
    proxyctl eval --template messages.yaml --body request.json

Every name of the language is there; those that nothing was given for are null."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.entropy import SystemEntropy
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import Report, write
from engine.config.yaml import parse_node
from engine.diagnostics import Position, Problems
from engine.errors import EngineError, RequestRefused
from engine.events import Inbound
from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.surfaces.registry import SURFACES
from engine.tree import Node, Scalar

FILE = "expression"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("expression", nargs="?", metavar="EXPRESSION", help="JMESPath, without a leading =")
    parser.add_argument("--template", metavar="FILE", help="a YAML template instead")
    parser.add_argument(
        "--body", metavar="FILE", help="the client's body (JSON): `body`, `chat`; - is standard input"
    )
    parser.add_argument("--data", metavar="FILE", help="the platform's answer or event (JSON): `data`")
    parser.add_argument("--event", metavar="NAME", help="the name of the event: `event`")
    parser.add_argument("--model", metavar="NAME", help="the upstream model: `model`")


def run(args: argparse.Namespace) -> int:
    console = Console.stderr()
    if (args.expression is None) == (args.template is None):
        console.line("proxyctl: give either an expression or --template FILE")
        return Exit.USAGE
    try:
        name, text = source(args)
        scope = scope_of(args)
    except (OSError, ValueError) as unfit:
        console.line(f"proxyctl: {unfit}")
        return Exit.USAGE
    problems = Problems()
    node = parse_node(name, text.encode(), problems) if args.template else leaf(text)
    template = Template.compile(node, "stream", problems) if node is not None else None
    if template is None or problems.has_errors:
        write(Report(problems.items, 1, ".", {name: text.encode()}), "text", console)
        return Exit.ERRORS
    try:
        result = template(scope)
    except EngineError as failed:
        console.line(f"proxyctl: {failed}")
        return Exit.ERRORS
    Console.stdout().line(json.dumps(result, indent=2, ensure_ascii=False, default=str))
    return Exit.GOOD


def source(args: argparse.Namespace) -> tuple[str, str]:
    """The name and the text of what is to be evaluated."""
    if args.template is None:
        return FILE, args.expression
    return args.template, Path(args.template).read_text(encoding="utf-8")


def leaf(text: str) -> Node:
    """An expression as the leaf `=text`, with the places of the text as it was typed."""

    def locate(offset: int) -> Position:
        before = text[: max(offset - 1, 0)]
        return Position(FILE, before.count("\n") + 1, len(before) - before.rfind("\n"))

    return Scalar(f"={text}", Position(FILE), plain=False, locate=locate)


def scope_of(args: argparse.Namespace) -> Scope:
    """What the names stand for. Raises OSError or ValueError for a file that is not there or not JSON."""
    body = read_json(args.body)
    clock, ids = SystemClock(), SystemEntropy()
    scope = Scope(clock=clock.now, ids=ids.uid, body=body, data=read_json(args.data), event=args.event)
    surface = SURFACES.get("openai-chat")
    if isinstance(body, dict) and "messages" in body and surface is not None:
        try:
            inbound = Inbound("POST", "", {}, {}, b"", "eval")
            scope.chat = surface.read(body, inbound, {}, {})[1]
        except RequestRefused as refused:
            raise ValueError(f"{args.body}: {refused}") from refused
    scope.model = args.model or (body.get("model") if isinstance(body, dict) else None)
    scope.params, scope.features, scope.headers, scope.state = {}, {}, {}, {}
    return scope


def read_json(file: str | None) -> Any:
    if file is None:
        return None
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError as broken:
        raise ValueError(f"{file}: {broken}") from broken
