"""What a signing scheme is: it looks at a request as it will be sent, and says which headers to add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.events import Grant
from engine.registry import Example


class SigningFailed(ValueError):
    """An input is missing, or is not one that the scheme knows."""


class Outgoing(NamedTuple):
    """A request without its signature. Names of headers are lower case; `now` is in seconds since 1970."""

    method: str
    url: str
    headers: Mapping[str, str]
    payload: bytes
    now: float


class Signature(NamedTuple):
    """Headers, or a token that is to be had first."""

    headers: Mapping[str, str]
    grant: Grant | None = None


UNSIGNED = Signature({})


@dataclass(frozen=True, slots=True)
class Scheme:
    """`inputs`: their names and what they are for · `required`: those that must be there · `held`: those that
    the credential has under the same name, where they are not written.

    `secrets`: without one of these there is nothing to sign with, and nothing is added.

    `sign` gives headers. `grant` gives the token that the request needs instead, and looks at nothing of the
    request; None: `sign` does it. Both raise `SigningFailed`.
    An example's text is a request, `given` its inputs and `now`, its result the headers, or what is asked of
    the endpoint of the token: its `url`, the `body`, and `authorization` if there is one.
    """

    name: str
    summary: str
    inputs: Mapping[str, str]
    required: frozenset[str]
    held: tuple[str, ...]
    examples: tuple[Example, ...]
    sign: Callable[[Outgoing, Mapping[str, Any]], dict[str, str]] | None = None
    grant: Callable[[Mapping[str, Any]], Grant | None] | None = None
    secrets: tuple[str, ...] = ()

    @property
    def to_write(self) -> list[str]:
        """The inputs that must be written, as nothing else has them."""
        return sorted(self.required - set(self.held))

    def signature(
        self, sent: Outgoing, written: Mapping[str, Any], credential: Mapping[str, Any] | None
    ) -> Signature:
        """What to add. Raises `SigningFailed`."""
        held = {name: credential[name] for name in self.held if name in credential} if credential else {}
        inputs = {**held, **written}
        if any(not inputs.get(name) for name in self.secrets):
            return UNSIGNED
        missing = [name for name in sorted(self.required) if inputs.get(name) is None]
        if missing:
            raise SigningFailed(f"the scheme {self.name!r} needs `{missing[0]}`")
        grant = self.grant(inputs) if self.grant else None
        if grant is not None or self.sign is None:
            return Signature({}, grant)
        return Signature(self.sign(sent, inputs))
