"""Log in at a provider's platform and store the credential: prints a link, waits until you are done there.

Works on the site's database, whether a server runs or not; running servers follow within a second."""

from __future__ import annotations

import argparse
import json

from engine.cli.commands.status import moment
from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.site import open_site
from engine.cli.storage import whoever
from engine.cli.vault import on_treasury
from engine.errors import EngineError
from engine.gateway import login
from engine.gateway.login import DENIED, GRANTED
from engine.server.vault.treasury import Keeping, Treasury


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider", metavar="PROVIDER", help="the provider of the site")
    parser.add_argument(
        "--pool", metavar="POOL", help="where the credential goes; default: the provider's pool"
    )
    parser.add_argument("--id", metavar="ID", help="its name; default: what the platform calls you")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    # With JSON on standard output, what a person reads goes to standard error.
    told = Console.stderr() if args.format == "json" else Console.stdout()

    async def work(treasury: Treasury) -> dict[str, object]:
        return await log_in(treasury, treasury.keeping(args.provider, args.pool, args.id), told)

    try:
        result = on_treasury(open_site(args.site), work)
    except EngineError as failed:
        Console.stderr().line(f"proxyctl: {failed}")
        return Exit.ERRORS
    if args.format == "json":
        Console.stdout().line(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        ends = f", expires {moment(float(str(result['expires'])))}" if result["expires"] else ""
        told.line(f"stored  {result['pool']}/{result['id']}{ends}")
    return Exit.GOOD


async def log_in(treasury: Treasury, keeping: Keeping, told: Console) -> dict[str, object]:
    """Raises `EngineError` when the platform refuses, or nobody logs in in time."""
    outside, provider = treasury.outside, treasury.provider(keeping.provider)
    started = await login.start(outside, provider)
    told.line(f"open    {told.paint('bold', started.link)}")
    if started.code is not None:
        told.line(f"code    {told.paint('bold', started.code)}")
    told.line(f"waiting until {moment(started.ends)}")
    told.stream.flush()
    trouble = None
    while True:
        await outside.clock.sleep(max(0.0, min(started.ask_at, started.ends) - outside.clock.now()))
        polled = await login.poll(outside, provider, started)
        started = polled.started
        if polled.state == DENIED and polled.error is not None:
            raise EngineError(polled.error)
        if polled.state == GRANTED:
            pool, id_ = await treasury.keep(keeping, polled.fields, whoever())
            return {"pool": pool, "id": id_, "expires": polled.fields.get("expires")}
        if polled.error is not None and polled.error.message != trouble:
            trouble = polled.error.message
            told.line(f"waiting: {trouble}")
