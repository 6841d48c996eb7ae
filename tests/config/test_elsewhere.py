from __future__ import annotations

import pytest

from engine.config.elsewhere import belongs
from engine.spec.document import RouteFile
from engine.spec.model import Model
from engine.spec.objects import fields_of
from engine.spec.pool import Pool
from engine.spec.provider import Provider


@pytest.mark.parametrize(
    ("cls", "key", "hint"),
    [
        (Provider, "timout", "did you mean 'timeout'?"),
        (Provider, "Timeout", "did you mean 'timeout'?"),
        (Provider, "credentials", "'credentials' belongs to pools"),
        (Provider, "workers", "'workers' belongs to proxyctl.yaml"),
        (Model, "timout", "'timeout' belongs to providers"),
        (Model, "weight", "'weight' belongs to the credentials of a pool and the targets of a model"),
        (Model, "fallbacks", "did you mean 'fallback'?"),
        (Model, "model", "'model' belongs to the targets of a model"),
        (Pool, "zzz", None),
    ],
)
def test_what_to_do_about_an_unknown_key(cls: type, key: str, hint: str | None) -> None:
    assert belongs(key, [item.key for item in fields_of(cls)], at_root=False) == hint


def test_at_the_root_a_near_key_comes_first() -> None:
    known = [item.key for item in fields_of(RouteFile)]
    assert belongs("provider", known, at_root=True) == "did you mean 'providers'?"
    assert belongs("listen", known, at_root=True) == "'listen' belongs to proxyctl.yaml"
