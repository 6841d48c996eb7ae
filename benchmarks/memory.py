"""Memory over time: `python -m benchmarks.memory --minutes 60 [--workers 2] [--files 2000] …`.

A load of everything (`benchmarks.mixed`) on upstreams of their own moods (`benchmarks.moody`), while files
are edited in every way there is: other values, other names, another dialect, a broken file, one that comes
and goes with a provider whose connections are like no other's. Prints the resident memory and the open files
of each process ten times, and says at the end how much it grew in the second half: what serving needs,
caches that fill up to their bounds included, is there by then, so that what still grows grows for ever.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.large_site import file_name, has_dialect, make_site, route_file
from benchmarks.mixed import GUEST
from benchmarks.process import Engine, ends_with_sigterm, running
from benchmarks.reload import Load, load
from engine.bench.servers import Server, free_port, python

SHOWN = 10
LOOKS = 40
# MB in the second half: about what one garbage collection more or less makes of it.
FLAT = 3.0
# Of edits.
KINDS = 6


ROUTES = """
version: 1
providers:
  same: {{dialect: openai, base_url: "{url}/v1", key: &key "${{env:BENCH_KEY:-sk-bench}}"}}
  messages: {{dialect: anthropic, base_url: "{url}", key: *key}}
  contents: {{dialect: gemini, base_url: "{url}", key: *key}}
models:
  same: {{targets: [same/one]}}
  messages: {{targets: [messages/one]}}
  contents: {{targets: [contents/one]}}
"""

GUESTS = """
version: 1
providers:
  guest-{n}: {{dialect: openai, base_url: "{url}/v1", key: "${{env:BENCH_KEY:-sk-bench}}", {channel}}}
models:
  {guest}: {{targets: [{{provider: guest-{n}, model: one, when: "=chat.max_tokens > `{n}`"}}, guest-{n}/two]}}
  guest-{n}-*: {{targets: [guest-{n}/*]}}
"""
CHANNELS = ("http2: true", "tls: {{ca_file: no-{n}.pem}}", "timeout: {{first_byte: 20s}}")


def main() -> None:
    options = _options()
    ends_with_sigterm()
    with ExitStack() as stack:
        site = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="proxyctl-bench-")))
        url = _upstream(stack, site)
        make_site(site, options.files, options.aliases)
        (site / "routes.d" / "upstream.yaml").write_text(ROUTES.format(url=url))
        engine = stack.enter_context(running(site, options.port, options.workers))
        answers = stack.enter_context(load(engine.url, "mixed"))
        edits = edit_for_ever(site / "routes.d", options.aliases // options.files, url)
        rows = _watch(engine, answers, edits, options.minutes * 60, options.every)
    _judge(rows)


def _upstream(stack: ExitStack, site: Path) -> str:
    port = free_port()
    server = Server("upstream", python("benchmarks.moody", str(port)), port, site / "upstream.log")
    stack.enter_context(server)
    return f"http://127.0.0.1:{port}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, default in (("files", 2000), ("aliases", 10_000), ("workers", 2), ("port", 9150)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two edits")
    return parser.parse_args()


def _watch(
    engine: Engine, answers: Load, edits: Iterator[int], seconds: float, every: float
) -> list[list[float]]:
    """MB of each process, looked at `LOOKS` times."""
    rows: list[list[float]] = []
    start = time.monotonic()
    edited = 0
    while (passed := time.monotonic() - start) < seconds:
        if len(rows) <= passed / seconds * LOOKS:
            rows.append([memory.rss for memory in engine.memory()])
            if len(rows) % (LOOKS // SHOWN) == 1:
                shown = "  ".join(f"{rss:7.1f}" for rss in rows[-1])
                files = "  ".join(str(number) for number in engine.open_files())
                print(f"{passed / 60:6.1f} min  {edited:6} edits  {shown} MB  {files} files", flush=True)
        edited = next(edits)
        time.sleep(every)
        if time.monotonic() - answers.answers[-1].at > 30:
            raise SystemExit("no request is answered any more")
    return rows


def _judge(rows: list[list[float]]) -> None:
    for number, process in enumerate(zip(*rows[len(rows) // 2 :], strict=True)):
        half = len(process) // 2
        grown = sum(process[half:]) / len(process[half:]) - sum(process[:half]) / half
        # The means of the two quarters lie a quarter apart, so over the half it is twice as much.
        verdict = "flat" if 2 * grown < FLAT else "GROWS"
        print(f"process {number}: {2 * grown:+.1f} MB in the second half: {verdict}")


def edit_for_ever(routes: Path, aliases: int, url: str) -> Iterator[int]:
    """Each `next` makes one edit of another kind, and gives how many there were."""
    plain, own = 0, next(filter(has_dialect, itertools.count()))
    path, other, guest = routes / file_name(plain), routes / file_name(own), routes / "guest.yaml"
    kinds: list[Callable[[int], object]] = [
        lambda n: path.write_text(route_file(plain, aliases, edit=n)),
        lambda n: other.write_text(_renamed(own, aliases, n)),
        lambda n: path.write_text(f"version: 1\nmodels: {{gone-{n}: {{targets: [nowhere-{n}/x]}}}}\n"),
        lambda n: guest.write_text(_guest(n, url)),
        lambda n: path.write_text("version: 1\nmodels: {"),
        lambda n: guest.unlink(),
    ]
    assert len(kinds) == KINDS
    for number in itertools.count():
        kinds[number % KINDS](number)
        yield number + 1


def _renamed(number: int, aliases: int, edit: int) -> str:
    """A version of a file in which the dialect is another one and everything has another name."""
    text = route_file(number, aliases, edit=edit)
    for name in ("p", "a", "house"):
        text = text.replace(f"{name}-{number}", f"{name}-{number}-{edit}")
    return text


def _guest(edit: int, url: str) -> str:
    """A provider with connections of its own, and aliases with templates and globs of their own."""
    channel = CHANNELS[edit // KINDS % len(CHANNELS)].format(n=edit)
    return GUESTS.format(n=edit, url=url, channel=channel, guest=GUEST)


if __name__ == "__main__":
    main()
