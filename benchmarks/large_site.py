"""A large site: many route files with a mix of all that route files hold.

Every file brings a provider and aliases of it; some have a pool of credentials, a dialect of their own,
clients, tests. `steady` and `slow` are the aliases that load asks for: they answer without any network.
"""

from __future__ import annotations

from pathlib import Path

KEY = "sk-bench"
BASE = f"""
version: 1
providers:
  mock: {{dialect: mock, base_url: "scripted:", params: {{text: "hello there"}}}}
  slow-mock: {{dialect: mock, base_url: "scripted:", params: {{text: "{"word " * 50}", interval: 0.02}}}}
models:
  steady: {{targets: [mock/one]}}
  slow: {{targets: [slow-mock/one]}}
clients:
  bench: {{key: "${{env:BENCH_KEY:-{KEY}}}"}}
"""

DIALECT = """
dialects:
  house-{n}:
    extends: openai
    tables:
      effort: {{minimal: low-{n}, low: low, medium: middle, high: most}}
    operations:
      chat:
        request:
          body:
            house: {{number: {n}, title: "=join(' ', chat.turns[].parts[?text].text[])"}}
            effort: =get(tables.effort, chat.effort)
            short:
              $switch:
                - when: =chat.max_tokens && chat.max_tokens < `100`
                  then: {{limit: =chat.max_tokens, first: "=chat.turns[0].parts[0].text"}}
                - else: no
"""

OWN_TEST = """
tests:
  - name: the house number goes up
    dialect: house-{n}
    given: {{model: m, body: {{model: s, messages: [{{role: user, content: hi}}]}}}}
    contains: {{request: {{body: {{house: {{number: {n}, title: hi}}}}}}}}
"""


def make_site(root: Path, files: int = 2000, aliases: int = 10_000) -> None:
    """Write `routes.d/` below `root`: `base.yaml` and `files` others with as many `aliases` in all."""
    routes = root / "routes.d"
    routes.mkdir(parents=True, exist_ok=True)
    (routes / "base.yaml").write_text(BASE)
    per_file = max(1, aliases // files)
    for number in range(files):
        (routes / file_name(number)).write_text(route_file(number, per_file))


def file_name(number: int) -> str:
    return f"team-{number:04}.yaml"


def route_file(number: int, aliases: int, *, edit: int = 0) -> str:
    """One file. `edit` makes another version of it, in what is served and in what it is called."""
    dialect = f"house-{number}" if has_dialect(number) else "openai"
    account = f"pool: pool-{number}" if number % 4 == 0 else f"key: {_secret(number)}"
    lines = [
        "version: 1",
        "providers:",
        f"  p-{number}:",
        f"    dialect: {dialect}",
        f"    base_url: https://team-{number}.example.com/v1",
        f"    {account}",
        "    timeout: {connect: 5s, first_byte: 60s}",
    ]
    if number % 4 == 0:
        keys = ", ".join(f"{{id: c-{number}-{key}, key: {_secret(number)}}}" for key in range(5))
        lines += [
            "pools:",
            f"  pool-{number}: {{strategy: round_robin, credentials: [{keys}]}}",
        ]
    lines += ["models:", *(_alias(number, index, edit) for index in range(aliases))]
    if number % 10 == 0:
        lines += ["clients:", f"  team-{number}: {{key: {_secret(number, 'team-')}, models: [a-{number}-*]}}"]
    text = "\n".join(lines) + "\n"
    return text + (DIALECT + OWN_TEST).format(n=number) if has_dialect(number) else text


def has_dialect(number: int) -> bool:
    return number % 20 == 1


def _alias(number: int, index: int, edit: int) -> str:
    if index == 0:
        return f"  a-{number}-glob-*: {{targets: [p-{number}/*]}}"
    fallback = f", fallback: [a-{number}-{index - 1}]" if index > 1 else ""
    params = f", params: {{seed: {edit}}}" if index == 1 else ""
    return f"  a-{number}-{index}: {{targets: [p-{number}/m-{index}]{params}{fallback}}}"


def _secret(number: int, kind: str = "") -> str:
    """A secret as sites hold them, with something to fall back on where nobody sets it."""
    return f'"${{env:BENCH_KEY_{number}:-sk-{kind}{number}}}"'
