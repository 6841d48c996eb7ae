"""What an alias says about parameters, in the hub's words: defaults, and values that win over the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def apply_params(params: Mapping[str, Any], override: Mapping[str, Any], body: Json) -> Json:
    """The body as the alias has it: `params` fill what the client left out, `override` wins over the client.

    A null of the client counts as left out; a null of `override` takes a parameter away.
    """
    return _merged(params, override, body) if params or override else body


def _merged(params: Mapping[str, Any], override: Mapping[str, Any], body: Json) -> Json:
    merged = {**body, **{name: value for name, value in params.items() if body.get(name) is None}}
    merged.update(override)
    return {name: value for name, value in merged.items() if value is not None or name not in override}
