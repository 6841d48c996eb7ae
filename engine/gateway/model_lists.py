"""What platforms say that they have, and the names by which clients can ask for it.

A platform's list matters where an alias is a glob: its names are then what the alias would pass on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass, ErrorInfo, UpstreamFailed
from engine.gateway.errand import bare_scope, fault_of, reach
from engine.gateway.keys import ranking
from engine.gateway.outside import Outside
from engine.gateway.prepare import encode_body, signed_call
from engine.gateway.scrub import scrub, secrets_of
from engine.globs import compile_glob
from engine.mapping.dialect import Dialect, Operation
from engine.snapshot.model import Alias, Listed, Provider, Snapshot, Target

OPERATION = "models"
# More than any platform has; beyond, a list is cut.
MOST = 10_000
LONGEST_NAME = 512

Lists = Mapping[str, Sequence[str]]
"""Names of upstream models by provider."""


def lister(dialect: Dialect) -> Operation | None:
    """The operation by which a platform tells its models, if its dialect can read the answer."""
    found = dialect.operations.get(OPERATION)
    if found is None or found.request is None or found.response is None or found.response.kind != OPERATION:
        return None
    return found


async def fetch_list(outside: Outside, provider: Provider) -> list[str]:
    """The platform's own list, sorted. Raises `EngineError`; no secret is in it."""
    credential: Credential | None = None
    try:
        if provider.pool is not None:
            credential = next(iter(ranking(outside, provider.pool, None).ready), None)
            if credential is None:
                message = f"pool {provider.pool.name!r} has no usable credential"
                raise UpstreamFailed(ErrorInfo(ErrorClass.AUTH, message, "no_credential"))
        return await _fetch(outside, provider, credential)
    except EngineError as failure:
        raise EngineError(scrub(failure.info, secrets_of(credential, provider.secrets))) from failure


async def _fetch(outside: Outside, provider: Provider, credential: Credential | None) -> list[str]:
    operation = lister(provider.dialect)
    assert operation is not None and operation.request is not None and operation.response is not None
    scope = bare_scope(outside, provider, credential)
    rendered = operation.request.render(scope)
    reached = await reach(
        outside, provider, signed_call(provider, rendered, encode_body(rendered.body, provider), scope)
    )
    fault = fault_of(provider, reached, scope)
    if fault is not None:
        raise UpstreamFailed(fault)
    told = operation.response.value(reached.data, reached.status, reached.headers, scope)
    if not isinstance(told, list):
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "the answer holds no list of models", "no_list"))
    return sorted({name for item in told[:MOST] if (name := _name(item))})


def _name(item: Any) -> str:
    """An entry is a name, or an object with an `id`."""
    name = item.get("id") if isinstance(item, dict) else item
    return name if isinstance(name, str) and len(name) <= LONGEST_NAME else ""


def listed_names(snapshot: Snapshot, lists: Lists) -> tuple[Listed, ...]:
    """The names that globs of the site answer to, for what is listed; sorted, none twice."""
    table = snapshot.aliases
    found: dict[str, Listed] = {}
    for group in table.globs.values():
        for glob in group:
            for name in _names_of(glob.value, lists):
                match = table.match(name)
                # Another alias may be more exact: then the name is its, or stands in the list already.
                if name not in table.exact and match is not None and match.value is glob.value:
                    found[name] = Listed(name, glob.value)
    return tuple(found[name] for name in sorted(found))


def _names_of(alias: Alias, lists: Lists) -> Iterator[str]:
    for target in alias.targets:
        if target.provider.off is None:
            for model in lists.get(target.provider.name, ()):
                name = _name_for(alias, target, model)
                if name is not None:
                    yield name


def _name_for(alias: Alias, target: Target, model: str) -> str | None:
    """How a client would say it, to have this upstream model of this target."""
    if target.model is None:
        return model
    if not isinstance(target.model, str) or "*" not in target.model:
        return None  # always the same model, which is no name of its own, or what only a request can tell
    found = compile_glob(target.model).fullmatch(model)
    return alias.name.replace("*", found[1], 1) if found and alias.name.count("*") == 1 else None
