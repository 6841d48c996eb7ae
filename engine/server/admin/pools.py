"""`/admin/pools`: who is next in each, and who is to be: selection, rotation on and off, `every`."""

from __future__ import annotations

from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.server.vault.pools import Pools

ONE = "/admin/pools/{pool}"


def pool_pages(pools: Pools) -> dict[str, OwnPage]:
    """The pages by path."""

    async def show(_: Asked) -> Page:
        return json_page({"pools": pools.all()})

    async def show_one(asked: Asked) -> Page:
        return json_page(pools.one(asked.names["pool"]))

    async def select(asked: Asked) -> Page:
        return json_page(await pools.select((asked.names["pool"], asked.names["id"]), asked.who))

    async def auto(asked: Asked) -> Page:
        return json_page(await pools.auto(asked.names["pool"], asked.who))

    async def rotation(asked: Asked) -> Page:
        return json_page(await pools.rotation(asked.names["pool"], asked.body(), asked.who))

    return {
        "/admin/pools": admin_page(GET=show),
        ONE: admin_page(GET=show_one),
        f"{ONE}/auto": admin_page(POST=auto),
        f"{ONE}/rotation": admin_page(POST=rotation),
        "/admin/credentials/{pool}/{id}/select": admin_page(POST=select),
    }
