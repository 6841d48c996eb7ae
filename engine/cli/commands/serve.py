"""Serve the site until a signal ends it. Route files are hot; what is set here needs a restart.

Each flag is also an environment variable and a key of proxyctl.yaml; the flag wins, then the environment."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.report import Report, write
from engine.cli.shape_words import default_words
from engine.cli.site import no_files, open_site
from engine.config.settings import BootSetting, boot_settings
from engine.config.site import Content
from engine.diagnostics import Diagnostic


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-partial", action="store_true", help="serve what compiles when some files do not"
    )
    group = parser.add_argument_group("boot settings")
    for setting in boot_settings():
        group.add_argument(setting.flag, dest=setting.name, metavar="VALUE", help=flag_help(setting))


def flag_help(setting: BootSetting) -> str:
    default = "" if setting.field.required else default_words(setting.field).strip('`"')
    told = f"env {setting.variable}" + (f", default: {default}" if default else "")
    return f"{setting.doc} ({told})".replace("%", "%%")


def run(args: argparse.Namespace) -> int:
    from engine.server.serve import serve
    from engine.server.startup import Loaded, Plan, StartRefused

    flags = {setting.name: getattr(args, setting.name) for setting in boot_settings()}
    boot = open_site(args.site, flags=flags).boot  # and no more of it, since this runs as long as the server
    console = Console.stderr()
    if any(item.is_error for item in boot.diagnostics):
        write(Report(boot.diagnostics, 1, args.site), "text", console)
        misused = any(item.is_error and item.at.file.startswith("--") for item in boot.diagnostics)
        return Exit.USAGE if misused else Exit.ERRORS

    def show(loaded: Loaded) -> None:
        empty = () if loaded.sources else (no_files(Path(args.site)),)
        if found := (*empty, *loaded.diagnostics):
            write(report(found, loaded.sources, args.site), "text", console)

    try:
        plan = Plan(Path(args.site), boot.settings, flags)
        return serve(plan, allow_partial=args.allow_partial, show=show)
    except StartRefused as refused:
        if refused.diagnostics:
            write(report(refused.diagnostics, refused.sources, args.site), "text", console)
        console.line(f"proxyctl: {refused}")
        return Exit.ERRORS


def report(found: tuple[Diagnostic, ...], files: Mapping[str, Content], site: str) -> Report:
    texts = {name: content for name, content in files.items() if isinstance(content, bytes)}
    return Report(found, len(files), site, texts)
