"""Show what would happen to a request, without sending anything.

Its alias, the targets in order with the request that each would get, parameters that would be lost, and
what follows which failure. Secrets are masked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.secrets import SiteSecrets
from engine.cli.commands.models import find_client
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.overheard import Overheard
from engine.cli.site import open_site
from engine.gateway.explain import explain

Json = Mapping[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="what the client asks for")
    parser.add_argument(
        "--body", metavar="FILE", help="the client's whole body (JSON); - reads standard input"
    )
    parser.add_argument("--client", metavar="NAME", help="ask as this client of the site")
    parser.add_argument("--stream", action="store_true", help="ask for a stream")
    parser.add_argument("--mock-env", action="store_true", help="make up secrets that are missing")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    try:
        body = read_body(args)
    except (OSError, ValueError) as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.USAGE
    secrets = Overheard(SiteSecrets(Path(args.site)))
    snapshot = open_site(args.site, mock=args.mock_env, secrets=secrets).snapshot()
    client = find_client(snapshot, args.client)
    if args.client and client is None:
        Console.stderr().line(f"proxyctl: there is no client {args.client!r}")
        return Exit.USAGE
    plan = explain(snapshot, body, {"content-type": "application/json"}, client, now=SystemClock().now())
    told = secrets.hidden(plan, models_of(plan))
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        write(told, console)
    return Exit.ERRORS if told["error"] else Exit.GOOD


def models_of(plan: Json) -> list[str]:
    """The names that the plan is about."""
    return [str(target["model"]) for leg in plan["legs"] for target in leg["targets"]]


def read_body(args: argparse.Namespace) -> dict[str, Any]:
    """The client's body. Raises OSError or ValueError when there is none to be had."""
    body: Any = {"messages": [{"role": "user", "content": "Hello"}]}
    if args.body:
        text = sys.stdin.read() if args.body == "-" else Path(args.body).read_text(encoding="utf-8")
        try:
            body = json.loads(text)
        except ValueError as unfit:
            raise ValueError(f"{args.body}: {unfit}") from None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    body |= ({"model": args.model} if args.model else {}) | ({"stream": True} if args.stream else {})
    if "model" not in body:
        raise ValueError("name a model, or give a body that does: --body FILE")
    return body


def write(told: Json, console: Console) -> None:
    paint = console.paint
    if told["alias"]:
        alias = told["alias"]
        found = f"alias {paint('name', alias['name'])} ({alias['why']}), {alias['at']}"
        console.line(f"{paint('bold', str(told['model']))} → {found}")
    for number, leg in enumerate(told["legs"]):
        write_leg(leg, console, fallback=number > 0)
    if told["error"]:
        error = told["error"]
        console.line()
        console.line(paint("error", f"the client gets {error['status']} at once: {error['message']}"))
    if told["legs"]:
        console.line()
        write_failover(told, console)


def write_leg(leg: Json, console: Console, *, fallback: bool) -> None:
    console.line()
    kind = "fallback alias" if fallback else "alias"
    console.line(console.paint("bold", f"{kind} {leg['alias']}") + f" (strategy {leg['strategy']})")
    for name in ("params", "override"):
        if leg[name]:
            console.line(f"  {name}: {compact(leg[name])}")
    for number, target in enumerate(leg["targets"], 1):
        write_target(number, target, console)
    for skipped in leg["skipped"]:
        console.line(console.paint("dim", f"  -  {skipped['provider']}: not tried, {skipped['reason']}"))


def write_target(number: int, target: Json, console: Console) -> None:
    place = console.paint("name", f"{target['provider']}/{target['model']}")
    console.line(f"  {number}. {place} by dialect {target['dialect']}{credentials(target['credentials'])}")
    if target.get("error"):
        console.line(f"     {console.paint('error', target['error']['message'])}")
        return
    request = target["request"]
    console.line(f"     {request['method']} {request['url']}")
    for name, value in request["headers"].items():
        console.line(console.paint("dim", f"     {name}: {value}"))
    console.line(f"     {compact(request['body'])}")
    if target["passthrough"]:
        console.line("     bytes pass through")
    lost = target["unsupported"]
    if lost["parameters"]:
        text = f"not carried: {', '.join(lost['parameters'])} (unsupported: {lost['policy']})"
        console.line(f"     {console.paint('warning', text)}")


def credentials(told: Json | None) -> str:
    if told is None:
        return ""
    if told["source"] == "client":
        return ", the caller's own key"
    return f", pool {told['pool']} ({told['strategy']}: {', '.join(told['usable']) or 'none usable'})"


def compact(value: Any, limit: int = 400) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return (
        text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters; --format json shows all)"
    )


def write_failover(told: Json, console: Console) -> None:
    """The table of the engine, row by row, and what its words mean."""
    console.line(console.paint("bold", "what follows a failure: of each list, the first that is possible"))
    every = {name for row in told["failover"] for name in row["classes"]}
    for row in told["failover"]:
        classes = "any error" if set(row["classes"]) == every else ", ".join(row["classes"])
        console.line(f"  {console.paint('name', classes)} ({', '.join(row['stages'])})")
        console.line(f"    {' → '.join(row['verdicts'])}")
        console.line(console.paint("dim", f"    {row['why']}"))
    console.line()
    for verdict, meaning in told["verdicts"].items():
        console.line(f"  {verdict:<15} {console.paint('dim', meaning)}")
