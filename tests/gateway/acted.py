"""Endpoints with actions, played: a site, a request, what its client hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.events import Inbound
from engine.gateway.answer import Answer
from engine.snapshot.model import Client, Endpoint
from tests.gateway.playbook import Game, Heard, Line, heard

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", key: sk-secret-a, retry: off}
  own: {dialect: plain, base_url: "https://o.test", credential: client, retry: off}
models:
  smart: {targets: [a/m1]}
  own: {targets: [own/m]}
prompts:
  greet: {system: Be kind., user: "Greet {{ name }}."}
endpoints:
  greet:
    path: /greet/{name}
    request: {schema: {type: object, properties: {mood: {type: string}}}}
    action: complete
    with: {model: smart, prompt: greet, variables: {name: =path.name}, temperature: "0.5"}
    response: {said: =result.text, tokens: =result.usage.total, model: =completion.model}
    stream: {when: =body.stream, each: {chunk: =event.text}, done: {done: true}, error: {error: =error.message}}
    errors: detail
  in-band:
    path: /in-band
    action: complete
    with: {model: smart, input: =body.text}
    stream: {each: {chunk: =event.text}, done: {done: true}, error: {error: =error.message}, errors: event}
  byok:
    path: /byok
    action: complete
    with: {model: own, input: hi, credential: =body.api_key}
    response: {said: =result.text}
    errors: {problem: =error.code}
    error_status: "=if(error.code == 'missing_credential', `200`, `null`)"
  list: {path: /models, action: models.list, errors: anthropic}
  text: {path: /text, action: respond, with: {text: =query.say, content_type: text/html, status: 201}}
"""


class Acts(Game):
    """`Game` over `SITE`."""

    def __init__(self, text: str = SITE) -> None:
        super().__init__(text)

    def endpoint(self, name: str) -> Endpoint:
        return next(each for each in self.snapshot.endpoints if each.name == name)

    def act(
        self,
        name: str,
        body: Any = None,
        *,
        script: Sequence[Line] = (),
        client: Client | None = None,
        **more: Any,
    ) -> Heard:
        self.upstream.script = list(script)

        async def play() -> Heard:
            return await heard(await self.opened(name, body, client, **more))

        self.heard = self.run(play())
        assert not self.upstream.script, "calls that were not made"
        return self.heard

    async def opened(
        self,
        name: str,
        body: Any = None,
        client: Client | None = None,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        inbound = Inbound("POST", "/", query or {}, headers or {}, raw, "req-1", names=path or {})
        return await self.gateway.act(self.snapshot, self.endpoint(name), inbound, client)
