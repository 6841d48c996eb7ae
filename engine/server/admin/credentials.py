"""`/admin/credentials`: how they stand; add, try, disable, enable, delete them. No secret is in an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.adapters.metrics import Family
from engine.errors import EngineError
from engine.gateway.tally import USES
from engine.server.own_pages import Asked, OwnPage, admin_page, text_of
from engine.server.page import Page, json_page
from engine.server.vault.standing import Uses, pools_of
from engine.server.vault.stored import Place
from engine.server.vault.treasury import CHAT, Treasury

ONE = "/admin/credentials/{pool}/{id}"


def credential_pages(treasury: Treasury, uses: Callable[[], Uses]) -> dict[str, OwnPage]:
    """The pages by path."""

    async def show(_: Asked) -> Page:
        return json_page({"credentials": treasury.standings(uses()).all(pools_of(treasury.snapshot))})

    async def add(asked: Asked) -> Page:
        pool, id_ = await treasury.add(asked.body(), asked.who)
        return json_page({"pool": pool, "id": id_, "result": "added"}, 201)

    async def delete(asked: Asked) -> Page:
        await treasury.delete(_place(asked), asked.who)
        return _done(asked, "deleted")

    async def enable(asked: Asked) -> Page:
        await treasury.enable(_place(asked), asked.who)
        return _done(asked, "enabled")

    async def disable(asked: Asked) -> Page:
        reason = asked.body().get("reason")
        await treasury.disable(_place(asked), str(reason or "by hand"), asked.who)
        return _done(asked, "disabled")

    async def test(asked: Asked) -> Page:
        return json_page(await _tried(treasury, asked))

    return {
        "/admin/credentials": admin_page(GET=show, POST=add),
        ONE: admin_page(DELETE=delete),
        f"{ONE}/test": admin_page(POST=test),
        f"{ONE}/enable": admin_page(POST=enable),
        f"{ONE}/disable": admin_page(POST=disable),
    }


async def _tried(treasury: Treasury, asked: Asked) -> dict[str, Any]:
    """By a chat, what came back is told; by another operation, whether it works."""
    operation, model, message = (text_of(asked.body(), name) for name in ("operation", "model", "message"))
    place = _place(asked)
    treasury.find(place)
    told: dict[str, Any] = {"pool": place[0], "id": place[1], "works": True, "error": None}
    try:
        if operation != CHAT:
            return {**told, "provider": await treasury.test(place, operation)}
        provider, tried = await treasury.converse(place, model, message)
        return {**told, "provider": provider, "text": tried.text, "model": tried.model, "usage": tried.usage}
    except EngineError as failure:
        info = failure.info
        return {
            **told,
            "works": False,
            "error": {"class": info.error_class.value, "message": info.message},
        }


def _place(asked: Asked) -> Place:
    return asked.names["pool"], asked.names["id"]


def _done(asked: Asked, result: str) -> Page:
    return json_page({"pool": asked.names["pool"], "id": asked.names["id"], "result": result})


def uses_of(processes: Iterable[Mapping[str, Family]]) -> dict[Place, float]:
    """How often each credential was used, over all workers."""
    total: dict[Place, float] = defaultdict(float)
    for families in processes:
        series = families[USES].series if USES in families else {}
        for labels, number in series.items():
            named = dict(labels)
            total[named["pool"], named["credential"]] += number.value
    return total
