from __future__ import annotations

from dataclasses import fields

import pytest

from engine.spec.objects import Object, fields_of
from engine.spec.settings import LimitSettings, LogSettings, Settings, SiteFile, SiteLimits

from .reading import accepts, read


def test_a_whole_file() -> None:
    found = read(
        SiteFile,
        "{listen: {port: 1}, admin: {key: k}, limits: {body: 1MiB}, cors: {origins: '*'}, breaker: off}",
    )
    assert (found.listen.port, found.listen.host, found.limits.body) == (1, "127.0.0.1", 2**20)
    assert (found.cors.origins, found.breaker, found.workers) == (("*",), "off", 1)


def test_defaults_are_the_same_in_both_forms() -> None:
    """`Settings` is what the engine reads, `SiteFile` what is written: neither may drift."""
    site, settings = read(SiteFile, "{}"), Settings()
    for name in ("workers", "auth", "storage", "state", "retry", "breaker", "on_error", "allow_addresses"):
        assert getattr(site, name) == getattr(settings, name)
    limits = read(SiteFile, "{limits: {}, log: {}, listen: {}, shutdown: {}}")
    assert all(
        getattr(limits.limits, item.name) == getattr(LimitSettings(), item.name)
        for item in fields(LimitSettings)
    )
    assert {item.name for item in fields(LimitSettings)} == {item.attribute for item in fields_of(SiteLimits)}
    assert (limits.log.level, limits.log.format) == (LogSettings().level, LogSettings().format)
    assert (limits.listen.host, limits.listen.port) == (settings.host, settings.port)
    assert limits.shutdown.grace == settings.shutdown_grace


def test_every_leaf_is_a_boot_setting() -> None:
    def leaves(cls: type) -> list[str]:
        found: list[str] = []
        for item in fields_of(cls):
            if isinstance(item.shape, Object) and not item.about.boot:
                found += leaves(item.shape.cls)
            elif not item.about.boot:
                found.append(item.key)
        return found

    assert leaves(SiteFile) == []


@pytest.mark.parametrize(
    "text",
    ["{listen: {port: 70000}}", "{workers: 0}", "{auth: off}", "{log: {level: loud}}", "{storage: x.db}", "{limits: {body: big}}",
     "{shutdown: {grace: 5}}", "{admin: k}", "{ports: 1}", "{cors: {}}"],
)  # fmt: skip
def test_what_is_no_settings_file(text: str) -> None:
    assert not accepts(SiteFile, text)
