"""Dialects of a site and of the library: `extends` merged, compiled when somebody uses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.diagnostics import Problems
from engine.mapping.dialect import Dialect, compile_dialect
from engine.registry import nearest
from engine.snapshot.cache import Cache
from engine.snapshot.chain import at_home, chain, merged
from engine.spec.dialect import Dialect as Declared
from engine.wire.registry import FRAMINGS

KNOWN_FRAMINGS = frozenset(FRAMINGS.names())


class Dialects:
    """Looks up dialects by name; a site's own shadows a shipped one of the same name."""

    def __init__(self, own: Mapping[str, Declared], shipped: Mapping[str, Declared], cache: Cache) -> None:
        self._own = own
        self._shipped = shipped
        self._cache = cache
        self._compiled: dict[str, Dialect | None] = {}
        self.problems = Problems()

    def get(self, name: str) -> Dialect | None:
        """The compiled dialect, or None when it, or what it extends, does not exist or goes in circles."""
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        return self._compiled[name]

    def compile_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.get(name)

    def _compile(self, name: str) -> Dialect | None:
        links = chain(name, self._own, self._shipped)
        if not links:
            return None
        sources = tuple(declared.node for declared in links)
        parent = self._parent(links)

        def build(problems: Problems) -> Dialect:
            own = Problems()
            inherited = (parent.heritage.node,) if parent and parent.heritage else sources[1:]
            node = merged((links[0].node, *inherited))
            dialect = compile_dialect(name, node, own, framings=KNOWN_FRAMINGS, parent=parent)
            _check_answered(dialect, links[0], own)
            problems.extend(at_home(item, links[0]) for item in own.items)
            return dialect

        return self._cache.make("dialect", name, sources, build, self.problems)

    def _parent(self, links: Sequence[Declared]) -> Dialect | None:
        """What the first of the links extends; None where that is one which it shadows itself."""
        extended = links[0].extends
        if extended is None or chain(extended, self._own, self._shipped)[0] is not links[1]:
            return None
        return self.get(extended)


def _check_answered(dialect: Dialect, declared: Declared, problems: Problems) -> None:
    """A chat whose answer nothing reads would lose it in silence."""
    chat = dialect.operations.get("chat")
    if chat is None:
        return
    path = f"dialects.{dialect.name}.operations.chat"
    if chat.response is None and chat.stream is None:
        message = "the operation 'chat' reads no answer: `response` and `stream` are missing"
        hint = "write response: {events: [{text: =data.…}]}"
        problems.error(declared.place("operations"), "missing-key", message, hint=hint, path=path)
    if chat.response is not None and chat.response.kind != "events":
        message = "the response of a chat needs `events`, or `from: stream`"
        own = declared.operations.get("chat")
        response = own.response if own else None
        strange = next((key for key in response.written.keys if key != "steps"), None) if response else None
        near = nearest(strange, ["events", "from"]) if strange else None
        at = response.place(strange) if response and strange else declared.place("operations")
        meant = f"did you mean {near!r}?" if near else None
        problems.error(at, "missing-key", message, hint=meant, path=f"{path}.response")
