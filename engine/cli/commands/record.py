"""Send one request to the real upstream, as the server would, and write the exchange down as a route test.

    proxyctl record smart 'Say hello.' --write routes.d/smart.test.yaml
    proxyctl record smart --stream                       # prints the test
    proxyctl record --body request.json --path /v1/messages

The test has the client's request, the upstream's answer as it came, and what the client got; `proxyctl test`
runs it offline. The upstream is asked once, whatever it answers: errors make good tests. Credentials of the
site are taken out. With --write the test is added to FILE, or FILE is made, and it is run at once."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from engine.adapters.clock import SystemClock
from engine.adapters.entropy import SystemEntropy
from engine.adapters.listing import ROUTES
from engine.adapters.secrets import SiteSecrets
from engine.adapters.telemetry import SystemTelemetry
from engine.adapters.way_out import WayOut
from engine.cli.commands.explain import read_json
from engine.cli.commands.test import collect, site, write
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.overheard import Overheard
from engine.cli.pools import credentials_in, current_vault
from engine.cli.site import Site, open_site
from engine.config.document import read_file
from engine.config.site import is_test_file
from engine.gateway.trial import MESSAGE
from engine.server.endpoints import EndpointTable, Hit
from engine.snapshot.library import NoSecrets
from engine.snapshot.model import Snapshot
from engine.testing.answers import answers
from engine.testing.cases import Case, cases_of
from engine.testing.endpoint_case import KINDS, replay
from engine.testing.recording import Exchange, NotRecorded, cleaned, exchange, parted, spelled, written_answer
from engine.testing.runner import Bench
from engine.testing.writing import Unwritten, appended, file_of

CHAT_PATH = "/v1/chat/completions"
# The name of a test that is only printed.
UNWRITTEN = f"{ROUTES}/.record.test.yaml"
# What of the upstream's request a test expects: the headers hold credentials, and ways to sign.
REQUEST = ("method", "path", "body")

Written = dict[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="what the client asks for")
    parser.add_argument(
        "message", nargs="?", metavar="MESSAGE", help=f"what the user says; default: {MESSAGE}"
    )
    parser.add_argument("--body", metavar="FILE", help="the whole body (JSON) instead; - is standard input")
    parser.add_argument("--stream", action="store_true", help="ask for a stream: `stream: true` in the body")
    parser.add_argument(
        "--path",
        metavar="PATH",
        default=CHAT_PATH,
        help=f"where it is sent to, with a query; default: {CHAT_PATH}",
    )
    parser.add_argument("--name", metavar="TEXT", help="the name of the test")
    parser.add_argument("--write", metavar="FILE", help=f"add it to FILE, {ROUTES}/NAME.test.yaml")


def run(args: argparse.Namespace) -> int:
    secrets = Overheard(SiteSecrets(Path(args.site)))
    opened = open_site(args.site, secrets=secrets)
    snapshot = opened.snapshot()
    try:
        file = _file(args.write, opened.root)
        hit = _endpoint(snapshot, args.path)
        case: Written = {
            "name": args.name or "recorded",
            "endpoint": hit.endpoint.name,
            "given": _given(args, hit),
        }
    except (OSError, ValueError) as unfit:
        Console.stderr().line(f"proxyctl: {unfit}")
        return Exit.USAGE
    bench = site(args.site).bench
    assert bench.snapshot is not None
    try:
        case = asyncio.run(_recorded(opened, snapshot, bench.snapshot, case, secrets))
        if args.name is None:
            case["name"] = _name(case, args.model)
        return _told(case, file, bench) if file else _printed(case, bench)
    except (NotRecorded, Unwritten, OSError) as failed:
        Console.stderr().line(f"proxyctl: nothing was recorded: {failed}")
        return Exit.ERRORS


def _file(name: str | None, root: Path) -> Path | None:
    """As seen from here, or from the site. Raises ValueError for one that holds no tests of the site."""
    if name is None:
        return None
    routes = (root / ROUTES).resolve()
    for path in (Path(name).resolve(), (root / name).resolve()):
        if path.is_relative_to(routes) and is_test_file(path.name):
            return path
    raise ValueError(f"--write {name}: tests stand in {root / ROUTES}, in files that end in .test.yaml")


def _endpoint(snapshot: Snapshot, path: str) -> Hit:
    """Raises ValueError when none of the site can be recorded there."""
    table, path = EndpointTable.build(snapshot.endpoints), urlsplit(path).path
    hits = [
        hit for hit in table.match(path) if hit.endpoint.header is None and "GET" not in hit.endpoint.methods
    ]
    if not hits:
        raise ValueError(f"--path {path}: no endpoint of the site takes a body there; {table.suggest(path)}")
    if hits[0].endpoint.kind not in KINDS:
        kind = hits[0].endpoint.kind
        raise ValueError(f"--path {path}: a test cannot hold what an endpoint of the kind {kind!r} does")
    return hits[0]


def _given(args: argparse.Namespace, hit: Hit) -> Written:
    """The client's request in the words of a test. Raises OSError or ValueError when there is none."""
    if args.body and args.message:
        raise ValueError("give a MESSAGE or a --body, not both")
    if not args.body and not args.model:
        raise ValueError("name a MODEL, or give a body that does: --body FILE")
    if args.model and hit.captured and args.model not in map(unquote, hit.captured.values()):
        raise ValueError(f"--path {args.path} says what is asked for; leave MODEL out")
    named = {"model": args.model} if args.model and not hit.captured else {}
    turn = {"role": "user", "content": args.message or MESSAGE}
    body = read_json(args.body) if args.body else {**named, "messages": [turn]}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    body |= {**named, **({"stream": True} if args.stream else {})}
    path = {name: unquote(value) for name, value in hit.captured.items()}
    query = dict(parse_qsl(urlsplit(args.path).query, keep_blank_values=True))
    return {"body": body, **({"path": path} if path else {}), **({"query": query} if query else {})}


async def _recorded(
    opened: Site, snapshot: Snapshot, offline: Snapshot, case: Written, overheard: Overheard
) -> Written:
    """The whole case. Raises `NotRecorded` or `Unwritten`."""
    out = WayOut(opened.root, SystemClock(), SystemEntropy().uid, SystemTelemetry("off"))
    vault = current_vault(opened, snapshot)
    credentials = (*credentials_in(snapshot, vault), *_brought(case, snapshot))
    try:
        live = await exchange(_bound(file_of(case)), snapshot, out.upstream, vault)
        call = live.recorder.call
        if call is not None and call.grant is not None:
            credentials = (*credentials, (await out.tokens.get(call)).value)
    except NotRecorded as failed:
        raise NotRecorded(cleaned(str(failed), credentials)) from failed
    finally:
        await out.upstream.aclose()
    heard = overheard.secrets(_shown(case, snapshot))
    secrets = tuple(sorted({*credentials, *heard}, key=len, reverse=True))
    told = await _expecting(case, live, offline, secrets)
    whole = json.dumps(told, ensure_ascii=False)
    if any(secret in whole for secret in spelled(credentials)):
        raise NotRecorded("the client gets a credential of the site, in pieces that are not known as one")
    return told


async def _expecting(case: Written, live: Exchange, offline: Snapshot, secrets: tuple[str, ...]) -> Written:
    """The case with the upstream's answer, and with what comes of it offline: its ids and times are fixed."""
    assert live.recorder.heard is not None
    told = {**cleaned(case, secrets), **written_answer(live.recorder.heard, secrets)}
    bound = _bound(file_of(told))
    _, answer = next(answers(bound.test, None))
    answered, seen = await replay(bound, offline, answer)
    if difference := parted(live, answered, seen):
        message = f"offline, with made-up secrets, the client gets something else: {difference}"
        raise NotRecorded(cleaned(message, secrets))
    request = {name: seen.found["request"][name] for name in REQUEST}
    request["path"] = request["path"].partition("?")[0]
    return {**told, "expect": {"request": request, **{k: v for k, v in seen.found.items() if k != "request"}}}


def _brought(case: Written, snapshot: Snapshot) -> list[str]:
    """Keys that the caller's body brings."""
    body = case["given"]["body"]
    return [body[name] for name in snapshot.caller_fields if isinstance(body.get(name), str) and body[name]]


def _shown(case: Written, snapshot: Snapshot) -> set[str]:
    """Names that are no secret though they may come from the environment."""
    globs = (glob.value for group in snapshot.aliases.globs.values() for glob in group)
    aliases = (*snapshot.aliases.exact.values(), *globs)
    models = {target.model for alias in aliases for target in alias.targets if isinstance(target.model, str)}
    return {*models, str(case["given"]["body"].get("model"))}


def _bound(text: str, file: str = UNWRITTEN) -> Case:
    """The last case of a file, as it will be read. Raises `NotRecorded` where it would not be."""
    parsed = read_file(file, text.encode(), NoSecrets())
    faults = [item.message for item in parsed.diagnostics if item.is_error]
    if faults:
        raise NotRecorded(f"the file would not be valid: {faults[0]}")
    return list(cases_of([parsed]))[-1]


def _name(case: Mapping[str, Any], model: str | None) -> str:
    whole = "streams" if "frames" in case["expect"] else "answers"
    return f"{model or case['endpoint']} {whole} {case['expect']['status']}"


def _printed(case: Written, bench: Bench) -> int:
    text = file_of(case)
    results = asyncio.run(collect([_bound(text)], bench))
    Console.stdout().stream.write(text)
    if all(result.passed for result in results):
        return Exit.GOOD
    write(results, Path(), Console.stderr(), verbose=False)
    return Exit.ERRORS


def _told(case: Written, file: Path, bench: Bench) -> int:
    before = file.read_bytes().decode() if file.exists() else ""
    text = appended(before, case, file.name) if before else file_of(case)
    bound = _bound(text, str(file))
    with file.open("a", encoding="utf-8", newline="") as stream:
        stream.write(text.removeprefix(before))
    console = Console.stdout()
    console.line(f"{console.paint('good', 'wrote')}    {file}")
    results = asyncio.run(collect([bound], bench))
    write(results, Path(), console, verbose=True)
    return Exit.GOOD if all(result.passed for result in results) else Exit.ERRORS
