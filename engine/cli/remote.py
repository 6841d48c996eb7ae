"""Ask a running server: its address comes from the site's own settings, or from `--url`."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.cli.console import Console
from engine.cli.exits import Exit
from engine.cli.site import open_site

TIMEOUT = 15.0

# Addresses to listen on that are none to call.
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


class Unreachable(Exception):
    """The server did not answer, or not as ours does; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A server's base URL and the key of its admin pages, if it wants one."""

    url: str
    key: str | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an admin page. Raises `Unreachable`."""
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json"} | (
            {"Authorization": f"Bearer {self.key}"} if self.key else {}
        )
        request = urllib.request.Request(
            self.url + path, method=method, headers=headers, data=sent if method == "POST" else None
        )
        # Straight to the server: HTTP_PROXY is for the way out, not for the machine's own admin page.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as refused:
            with refused:
                raise Unreachable(self.explain(refused.code, path, refused.read())) from refused
        except (OSError, ValueError) as failed:
            reason = getattr(failed, "reason", failed)
            raise Unreachable(f"no server answers at {self.url}: {reason}") from failed

    def explain(self, status: int, path: str, body: bytes) -> str:
        if status == 401:
            keys = "--admin-key, PROXYCTL_ADMIN_KEY, or admin.key in proxyctl.yaml"
            return f"{self.url} wants its admin key: {keys}"
        return f"{self.url}{path} answered with status {status}{said(body)}"


def said(body: bytes) -> str:
    """The message of an error body, behind a colon; nothing when it has none."""
    try:
        return f": {json.loads(body)['error']['message']}"
    except (ValueError, LookupError, TypeError):
        return ""


def address(host: str, port: int) -> str:
    """The URL of a server that listens on `host` and `port`."""
    host = WILDCARDS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def find(args: argparse.Namespace) -> Remote:
    """The server that the flags of `configure` name, else the one that the site's settings describe.

    Raises `Unreachable` for a URL that is none.
    """
    settings = open_site(args.site, flags={"admin_key": args.admin_key}).boot.settings
    hashed = (settings.admin_key or "").startswith("sha256:")
    url = (args.url or address(settings.host, settings.port)).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise Unreachable(f"{url!r} is no address of a server: write --url http://host:port")
    return Remote(url, None if hashed else settings.admin_key)


def show(
    args: argparse.Namespace,
    method: str,
    path: str,
    write: Callable[[Any, Console], None],
    is_good: Callable[[Any], bool],
) -> int:
    """Ask for an admin page and print it, as JSON or by `write`; the exit code says whether all is good."""
    try:
        answer = find(args).call(method, path)
    except Unreachable as failed:
        Console.stderr().line(f"proxyctl: {failed}")
        return Exit.ERRORS
    console = Console.stdout()
    if args.format == "json":
        console.line(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        write(answer, console)
    return Exit.GOOD if is_good(answer) else Exit.ERRORS


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="the server, when the site's settings do not say (http://host:port)")
    parser.add_argument("--admin-key", metavar="KEY", help="the server's admin key (env PROXYCTL_ADMIN_KEY)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
