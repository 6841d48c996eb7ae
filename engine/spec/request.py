"""`request:` a call to a platform."""

from __future__ import annotations

from typing import ClassVar

from engine.spec.base import Rule, Spec, field, spec
from engine.tree import Node


@spec
class Request(Spec):
    """The call to the platform; each part is a template."""

    LABEL = "request"
    NULLS = True
    RULES: ClassVar[tuple[Rule, ...]] = (Rule(("body", "form")),)

    method: Node | None = field("The HTTP method.", default=None)
    path: Node | None = field(
        "What follows the base_url; each `../` in front takes a segment off that.", default=None
    )
    query: Node | None = field("Query parameters; nulls are left out.", default=None)
    headers: Node | None = field("Headers.", default=None)
    body: Node | None = field("The JSON body.", default=None)
    form: Node | None = field(
        "Instead, fields of a form (multipart/form-data); a file is {filename, media_type, data}, in base64.",
        default=None,
    )


@spec
class FurtherRequest(Request):
    """A call after the first one; `data` is the answer of the call before."""

    RULES: ClassVar[tuple[Rule, ...]] = (*Request.RULES, Rule(("path", "url")))

    url: Node | None = field(
        "Instead of a path: the whole address, as an answer gives it. Outside the base_url's origin the call "
        "goes without the credential and the provider's headers, and to public addresses only.",
        default=None, example="=data.urls.stream",
    )  # fmt: skip
