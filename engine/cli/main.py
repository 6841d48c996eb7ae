"""`proxyctl`: finds the command in a table, imports it, runs it."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, cast

from engine import __version__
from engine.cli.exits import MEANINGS, Exit
from engine.registry import nearest


class Command(Protocol):
    """What every module of `commands/` offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A command before it is imported: its module in `commands/` and its line of help."""

    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "serve": Entry("serve", "serve the site"),
    "validate": Entry("validate", "check every file of the site, report every problem"),
    "test": Entry("test", "run the site's route tests, offline"),
    "explain": Entry("explain", "show what happens to a request for a model"),
    "eval": Entry("eval", "try out an expression or a template"),
    "render": Entry("render", "fill in a prompt"),
    "models": Entry("models", "list what clients may ask for"),
    "clients": Entry("clients", "make, list, rotate and revoke keys of clients"),
    "credentials": Entry("credentials", "list, add, test, disable, enable and delete credentials"),
    "login": Entry("login", "log in at a platform and store the credential"),
    "diff": Entry("diff", "tell what a change of the site means, object by object"),
    "init": Entry("init", "make a new site that validates and serves"),
    "new": Entry("new", "begin a route file with a new provider, model, client, …"),
    "schema": Entry("schema", "print the JSON Schemas that editors use"),
    "status": Entry("status", "ask a running server what it serves"),
    "reload": Entry("reload", "tell a running server to read its site again"),
    "usage": Entry("usage", "show what was used: requests, tokens, cost"),
    "record": Entry("record", "send a request for real and write it down as a route test"),
    "import": Entry("import_", "take over conversations, settings and clients of another program"),
    "bench": Entry("bench", "measure what a request costs on this machine"),
    "version": Entry("version", "print the version"),
}


class Parser(argparse.ArgumentParser):
    """Wrong usage ends with 2, or with what a command sets as `wrong_usage` since 2 means something to it."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        code = self.get_default("wrong_usage") or Exit.USAGE
        self.exit(code, f"{self.prog}: error: {message}\n")


def load(name: str) -> Command:
    return cast(Command, importlib.import_module(f"engine.cli.commands.{COMMANDS[name].module}"))


def epilog() -> str:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {entry.help}" for name, entry in COMMANDS.items())
    codes = ", ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())
    return f"commands:\n{commands}\n\nexit codes: {codes}\n`proxyctl COMMAND --help` tells more."


def default_site() -> str:
    return os.environ.get("PROXYCTL_SITE") or "."


def top_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="proxyctl",
        description="A declarative routing engine for LLM APIs: routes, providers and platforms are YAML.",
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="proxyctl [--site DIR] COMMAND [flags]",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"proxyctl {__version__}")
    add_site(parser, default_site())
    parser.add_argument("command", nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("flags", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def add_site(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--site", metavar="DIR", default=default, help="the site's directory (env PROXYCTL_SITE, default: .)"
    )


def command_parser(name: str, command: Command, site: str) -> argparse.ArgumentParser:
    parser = Parser(
        prog=f"proxyctl {name}",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_site(parser, site)
    command.configure(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Wrong usage leaves by SystemExit(2), as argparse does."""
    top = top_parser()
    chosen = top.parse_args(arguments)
    if chosen.command is None:
        top.error("name a command; see --help")
    if chosen.command not in COMMANDS:
        near = nearest(chosen.command, list(COMMANDS))
        top.error(
            f"unknown command {chosen.command!r}" + (f"; did you mean {near!r}?" if near else "; see --help")
        )
    try:
        command = load(chosen.command)
        code = command.run(command_parser(chosen.command, command, chosen.site).parse_args(chosen.flags))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output has gone (`proxyctl models | head`): nothing more to say to anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.GOOD
    except KeyboardInterrupt:
        return 130


def entry() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    entry()
