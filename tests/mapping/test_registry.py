from __future__ import annotations

from engine.mapping.registry import COMPANIONS, DIRECTIVES


def test_every_companion_leads_to_its_head() -> None:
    for key, head in COMPANIONS.items():
        directive = DIRECTIVES.get(head)
        assert directive is not None and key in directive.keys and key not in DIRECTIVES


def test_required_keys_are_companions() -> None:
    assert all(set(directive.required) <= set(directive.keys) for directive in DIRECTIVES)
