"""Show what would happen to a request, without sending anything.

Its alias, the targets in order with the request that each would get, parameters that would be lost, and
what follows which failure. Secrets are masked."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.adapters.clock import SystemClock
from engine.adapters.secrets import SiteSecrets
from engine.cli.callers import find_client
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.overheard import Overheard
from engine.cli.site import open_site
from engine.events import Inbound
from engine.gateway.explain import HUB, Asks, explain
from engine.gateway.explain_endpoint import explain_endpoint
from engine.operations import OPERATIONS
from engine.snapshot.model import Client, Snapshot
from engine.surfaces.surface import speaking, spoken

Json = Mapping[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="what the client asks for")
    parser.add_argument(
        "--body", metavar="FILE", help="the client's whole body (JSON); - reads standard input"
    )
    parser.add_argument("--client", metavar="NAME", help="ask as this client of the site")
    parser.add_argument("--surface", metavar="NAME", default=HUB, help=f"the client protocol; default: {HUB}")
    parser.add_argument(
        "--operation", metavar="NAME", help="what of that protocol is asked for; default: its chat"
    )
    parser.add_argument(
        "--path", metavar="NAME=VALUE", action="append", default=[], help="a {name} of the protocol's path"
    )
    parser.add_argument(
        "--endpoint", metavar="NAME", help="an endpoint with an action; --body is what is sent to it"
    )
    parser.add_argument(
        "--query", metavar="NAME=VALUE", action="append", default=[], help="of the endpoint's query"
    )
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
    site = open_site(args.site, mock=args.mock_env, secrets=secrets)
    snapshot = site.snapshot()
    client = find_client(site, snapshot, args.client)
    if args.client and client is None:
        Console.stderr().line(f"proxyctl: there is no client {args.client!r}")
        return Exit.USAGE
    if args.endpoint:
        return of_endpoint(args, snapshot, client, body, secrets)
    if args.surface not in snapshot.surfaces:
        known = ", ".join(snapshot.surfaces)
        Console.stderr().line(f"proxyctl: no endpoint speaks {args.surface!r}; surfaces: {known}")
        return Exit.USAGE
    asked = speaking(snapshot.surfaces[args.surface], args.operation)
    if asked is None:
        known = ", ".join(spoken(snapshot.surfaces[args.surface]))
        Console.stderr().line(f"proxyctl: {args.surface!r} needs an --operation that it has: {known}")
        return Exit.USAGE
    if not args.body and asked.operation in OPERATIONS:
        body = {"model": args.model, **OPERATIONS[asked.operation].sample}
    names = pairs(args.path)
    plan = explain(
        snapshot,
        body,
        {"content-type": "application/json"},
        client,
        asks=Asks(args.surface, args.operation, names),
        now=SystemClock().now(),
    )
    told = secrets.hidden(plan, models_of(plan))
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        write(told, console)
    return Exit.ERRORS if told["error"] else Exit.GOOD


def of_endpoint(
    args: argparse.Namespace, snapshot: Snapshot, client: Client | None, body: Json, secrets: Overheard
) -> int:
    named = {each.name: each for each in snapshot.endpoints if each.action is not None}
    endpoint = named.get(args.endpoint)
    if endpoint is None:
        known = ", ".join(named) or "none"
        Console.stderr().line(f"proxyctl: no endpoint {args.endpoint!r} has an action; there are: {known}")
        return Exit.USAGE
    inbound = Inbound(
        endpoint.methods[0],
        endpoint.path,
        pairs(args.query),
        {"content-type": "application/json"},
        json.dumps(body).encode(),
        "explain",
        names=pairs(args.path),
    )
    plan = asyncio.run(explain_endpoint(snapshot, endpoint, inbound, client, SystemClock().now()))
    told = secrets.hidden(plan, models_of(plan["plan"]) if plan["plan"] else [])
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        write_endpoint(told, console)
    return Exit.ERRORS if told["error"] or (told["plan"] or {}).get("error") else Exit.GOOD


def pairs(given: list[str]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in given if "=" in pair)


def write_endpoint(told: Json, console: Console) -> None:
    paint = console.paint
    head = f"{'|'.join(told['methods'])} {told['path']}"
    console.line(f"{paint('bold', told['endpoint'])} → action {paint('name', told['action'])}, {head}")
    console.line(f"  auth: {told['auth']}; {'streamed' if told['streams'] else 'whole'}")
    for name, value in (told["inputs"] or {}).items():
        console.line(f"  {name}: {compact(value)}")
    if told["does"]:
        console.line(f"  does {told['does']['verb']}: {compact(told['does']['args'])}")
    if told["error"]:
        error = told["error"]
        console.line(paint("error", f"the client gets {error['status']} at once: {error['message']}"))
    if told["plan"]:
        console.line(f"  asks: {compact(told['asks'])}")
        console.line()
        write(told["plan"], console)


def models_of(plan: Json) -> list[str]:
    """The names that the plan is about."""
    return [str(target["model"]) for leg in plan["legs"] for target in leg["targets"]]


def read_body(args: argparse.Namespace) -> dict[str, Any]:
    """The client's body. Raises OSError or ValueError when there is none to be had."""
    body: Any = {} if args.endpoint else {"messages": [{"role": "user", "content": "Hello"}]}
    if args.body:
        body = read_json(args.body)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    body |= ({"model": args.model} if args.model else {}) | ({"stream": True} if args.stream else {})
    if "model" not in body and not args.path and not args.endpoint:
        raise ValueError("name a model, or give a body that does: --body FILE")
    return body


def read_json(name: str) -> Any:
    """What a file holds; `-` is standard input. Raises OSError or ValueError."""
    text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError as unfit:
        raise ValueError(f"{name}: {unfit}") from None


def write(told: Json, console: Console) -> None:
    paint = console.paint
    if told["alias"]:
        alias = told["alias"]
        found = f"alias {paint('name', alias['name'])} ({alias['why']}), {alias['at']}"
        console.line(f"{paint('bold', str(told['model']))} → {found}")
    if told["access"]:
        write_access(told["access"], console)
    if told["limits"]:
        console.line(f"limits: {' · '.join(limits(told['limits']))}")
    for number, leg in enumerate(told["legs"]):
        write_leg(leg, console, fallback=number > 0)
    if told["error"]:
        error = told["error"]
        console.line()
        console.line(paint("error", f"the client gets {error['status']} at once: {error['message']}"))
    if told["legs"]:
        console.line()
        write_failover(told, console)


def write_access(access: Json, console: Console) -> None:
    """Who may ask for it; of others, why not."""
    if not access["clients"]:
        return
    console.line()
    console.line(console.paint("bold", "who may ask for it"))
    for each in access["clients"]:
        word = console.paint("good", "yes") if each["allowed"] else console.paint("error", "no ")
        why = f": {'; '.join(each['why'])}" if each["why"] else ""
        console.line(f"  {word}  {each['name']}{why}")
    if access["more"]:
        console.line(console.paint("dim", f"  … and {access['more']} more; --client NAME tells of one"))


def write_leg(leg: Json, console: Console, *, fallback: bool) -> None:
    console.line()
    kind = "fallback alias" if fallback else "alias"
    console.line(console.paint("bold", f"{kind} {leg['alias']}") + f" (strategy {leg['strategy']})")
    for name in ("params", "override"):
        if leg[name]:
            console.line(f"  {name}: {compact(leg[name])}")
    for line in beside(leg):
        console.line(f"  {line}")
    for number, (target, share) in enumerate(zip(leg["targets"], leg["shares"], strict=True), 1):
        write_target(number, target, share, console)
    for skipped in leg["skipped"]:
        console.line(console.paint("dim", f"  -  {skipped['provider']}: not tried, {skipped['reason']}"))


def beside(leg: Json) -> Iterator[str]:
    """What the strategy goes by, and what stands beside the targets."""
    yield leg["why"]
    if leg["by"]:
        yield f"by {leg['by']}"
    if leg["explore"] is not None:
        yield f"{percent(leg['explore'])} look at other targets"
    canary, mirror = leg["canary"], leg["mirror"]
    if canary:
        kept = f", the same for the same {canary['by']}" if canary["by"] else ""
        yield f"canary: {percent(canary['share'])} begin at {canary['target']}{kept}"
    if mirror:
        yield f"mirror: {percent(mirror['share'])} are copied to {mirror['target']}"


def percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def left_alone(target: Json) -> Iterator[str]:
    """When a target is passed over."""
    breaker, health, context = target["breaker"], target["health"], target["context"]
    if breaker == "off":
        yield "breaker off"
    else:
        yield (
            f"breaker: {breaker['failures']} failures in {breaker['window']:g}s "
            f"leave it alone for {breaker['open']:g}s"
        )
    if health:
        yield f"health: {health['path'] or health['model']} every {health['every']:g}s"
    if context:
        fits = "fits" if context["needed"] <= context["tokens"] else "does not fit"
        yield f"context {context['tokens']}: {fits}, about {context['needed']} tokens"
    if target["cost"] is not None:
        yield f"about ${target['cost']:.3g}"


def write_target(number: int, target: Json, share: float | None, console: Console) -> None:
    place = console.paint("name", f"{target['provider']}/{target['model']}")
    begins = "" if share is None else f", {percent(share)} begin here"
    made = f"by dialect {target['dialect']}{credentials(target['credentials'])}{begins}"
    console.line(f"  {number}. {place} {made}")
    console.line(console.paint("dim", f"     {' · '.join(left_alone(target))}"))
    if target["limits"]:
        console.line(
            f"     limits: {' · '.join(limits(target['limits']))}; it reserves {target['reserves']} tokens"
        )
    if target.get("error"):
        console.line(f"     {console.paint('error', target['error']['message'])}")
        return
    request = target["request"]
    console.line(f"     {request['method']} {request['url']}")
    for name, value in request["headers"].items():
        console.line(console.paint("dim", f"     {name}: {value}"))
    console.line(f"     {compact(request['body'])}")
    if target["follows"]:
        for line in follows(target["follows"]):
            console.line(f"     {line}")
    if target["passthrough"]:
        console.line("     bytes pass through")
    for side, names in target["rules"].items():
        console.line(f"     rules on the {side}: {', '.join(names)}")
    lost = target["unsupported"]
    if lost["parameters"]:
        text = f"not carried: {', '.join(lost['parameters'])} (unsupported: {lost['policy']})"
        console.line(f"     {console.paint('warning', text)}")


def follows(told: Json) -> Iterator[str]:
    """The calls after the first one."""
    for step in told["stream"]:
        yield f"then {step['call']}{_if(step)}, whose answer is the stream"
    if told["after"]:
        yield f"when that has ended: {told['after']['call']}"
    for step in told["steps"]:
        most = f", {step['max']} times at most" if step["max"] else ""
        until = f", every {step['every']:g}s until {step['until']}{most}" if "until" in step else ""
        yield f"then {step['call']}{_if(step)}{until}"
    if told["cancel"]:
        yield f"when nobody waits any more: {told['cancel']}"


def _if(step: Json) -> str:
    return f", if {step['when']}" if "when" in step else ""


def limits(rows: list[Json]) -> Iterator[str]:
    for row in rows:
        waits = f", {row['queue']} wait up to {row['wait']:g}s" if "queue" in row else ""
        yield f"{row['scope']} {row['name']}: {row['limit']}{waits}"


def credentials(told: Json | None) -> str:
    if told is None:
        return ""
    if told["source"] == "client":
        return f", the caller's own key {told['where']}"
    found = [*told["usable"], *(f"those in {path}" for path in told["directories"])]
    return f", pool {told['pool']} ({told['strategy']}: {', '.join(found) or 'none usable'})"


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
