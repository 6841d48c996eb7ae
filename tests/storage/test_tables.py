from __future__ import annotations

from engine.storage.tables import METADATA, USAGE, USAGE_DAYS


def test_sums_have_whatever_usage_is_summed_up_by() -> None:
    shared = {"client", "groups", "alias", "provider", "target", "credential", "prompt", "output", "cost"}
    assert shared <= set(USAGE.columns.keys()) & set(USAGE_DAYS.columns.keys())


def test_every_text_has_a_length_or_is_without_end() -> None:
    """MariaDB wants a length, and cuts or refuses what is longer."""
    for table in METADATA.tables.values():
        for column in table.columns:
            length = getattr(column.type, "length", None)
            assert column.type.__class__.__name__ != "String" or length, f"{table.name}.{column.name}"
