"""A small surface, for the tests of this package."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.events import Inbound
from engine.mapping.surface import SurfacePrograms, compile_surface
from engine.surfaces.declared.surface import DeclaredSurface
from engine.tree import Mapping

TEXT = """
tables: {kind: {invalid: bad}}
decode:
  schema: {type: object, required: [say], properties: {say: {type: string}, heat: {type: number}}}
  model: =path.m || body.model
  system: =body.rules
  turns: [{role: user, parts: =body.say}]
  temperature: =body.heat
  max_tokens: =body.limits.out
  effort: =body.mind
  stream: =body.live
  tools: =body.tools
  body: {top_k: =body.k, mind: =body.mind}
  carried: {mind: effort}
  names: {temperature: heat, reasoning_effort: mind}
  ignored: [note]
encode:
  id: a_
  whole: {id: =id, said: =text, calls: "=tool_calls[].name", asked: =body.say, n: =usage.output}
  frames: "=if(query.lines, 'ndjson', if(query.array, 'json-array', 'sse'))"
  state: {n: 0}
  cases:
    start: [{event: begin, data: {id: =id, model: =model, asked: =body.say}}]
    text:
      - $set: {n: "=add(state.n, `1`)"}
      - {data: {n: =state.n, t: =text, late: =body.say}}
    tool_call: [{data: {call: =name, choice: =choice}}]
    done: [{text: END}]
error: {fault: =message, kind: "=get(tables.kind, class) || 'other'", status: =status}
models: {one: =model.id, list: {all: =models}}
count_tokens: {n: =tokens}
"""


def programs(text: str = TEXT) -> SurfacePrograms:
    problems = Problems()
    node = parse_node("s.yaml", text.encode(), problems)
    assert isinstance(node, Mapping), problems.items
    made = compile_surface("small", node, problems)
    assert not problems.items, problems.items
    return made


def surface(text: str = TEXT) -> DeclaredSurface:
    return DeclaredSurface(programs(text))


def inbound(**more: Any) -> Inbound:
    return Inbound("POST", "/say", more.pop("query", {}), {}, b"", "r1", **more)


def asked(body: dict[str, Any], **more: Any) -> Any:
    return SimpleNamespace(body=body, inbound=inbound(**more))
