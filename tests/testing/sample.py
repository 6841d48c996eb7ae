"""A small site in one piece, for the tests of the test runner."""

from __future__ import annotations

from engine.config.document import ParsedFile, read_file
from engine.config.site import SiteFiles
from engine.mapping.dialect import Dialect
from engine.snapshot.cache import Cache
from engine.snapshot.compile import compile_site
from engine.snapshot.dialects import Dialects
from engine.snapshot.library import NoSecrets, shipped
from engine.snapshot.model import Snapshot
from engine.testing.cases import Case, cases_of
from engine.testing.runner import Bench

ROUTES = """
version: 1
dialects:
  acme:
    params: {style: plain}
    features: {tools: ["big-*"]}
    tables:
      finish: {end: stop, cut: length}
      unused: {a: b}
    auth: {header: X-Key, value: "${credential.key}"}
    defs:
      said: {$args: [t], $do: "=join('', t.parts[?type == 'text'].text)"}
    operations:
      chat:
        request:
          method: POST
          path: /v1/talk
          query: {style: =params.style}
          body:
            model: =model
            id: =uid('r_')
            at: =now()
            strong: =features.tools
            who: =client.name
            lines: {$each: =chat.turns, $as: t, $do: {$call: said, t: =t}}
            heat: =chat.temperature
            $spread: {$when: =chat.tools, $value: {tooled: true}}
        stream:
          frames: sse
          select: =event
          cases:
            hello: [{start: =data.id}]
            word:
              - $set: {seen: "=add(state.seen, `1`)"}
              - text: =data
            bye:
              - finish: =get(tables.finish, data.why)
                usage: {prompt: 2, output: =state.seen}
            oops: [{error: {message: =data.text, code: =data.kind}}]
        response:
          events: [{text: =data.text, finish: stop}]
    error:
      when: =data.fault
      map: {message: =data.fault, code: oops}
providers:
  acme: {dialect: acme, base_url: "https://acme.test/api", key: "${env:ACME_KEY}", retry: off}
  demo: {dialect: mock, base_url: "scripted:"}
models:
  "acme/*": {targets: ["acme/*"]}
  private: {targets: [acme/p], access: {clients: [web]}}
  demo: {targets: [demo/demo]}
clients:
  web: {key: "${env:WEB_KEY}"}
"""

STREAM = """event: hello
data: {"id": "a1"}

event: word
data: "Hel"

event: word
data: "lo"

event: bye
data: {"why": "end"}

"""


def parse(text: str, file: str = "routes.d/a.test.yaml") -> ParsedFile:
    parsed = read_file(file, text.encode(), NoSecrets(), mock=True)
    assert [str(item) for item in parsed.diagnostics if item.is_error] == []
    return parsed


def case(text: str, **more: str) -> Case:
    """One case, written as a mapping in flow or block style."""
    lines = text.strip("\n").splitlines()
    block = "\n".join(
        ["version: 1", "tests:", f"  - {lines[0].strip()}", *(f"    {line}" for line in lines[1:])]
    )
    (found,) = cases_of([parse(block + "\n")])
    return found


def site() -> tuple[Snapshot, Dialects]:
    cache = Cache(mock=True)
    files = SiteFiles({"routes.d/acme.yaml": ROUTES.encode()})
    found = compile_site(files, NoSecrets(), mock=True, cache=cache)
    assert found.snapshot is not None, [f"{item.at} {item.message}" for item in found.diagnostics]
    document = found.files["routes.d/acme.yaml"].document
    assert document is not None
    return found.snapshot, Dialects(document.dialects, shipped().dialects, cache)


def bench() -> Bench:
    snapshot, dialects = site()
    return Bench(dialects.get, snapshot)


def acme() -> Dialect:
    found = bench().dialect("acme")
    assert found is not None
    return found
