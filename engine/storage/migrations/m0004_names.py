"""Names that no other program has. A database that is new has had them since 0001 and 0002."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BEFORE = ("clients", "conversations", "messages")


def upgrade() -> None:
    there = sa.inspect(op.get_bind()).get_table_names()
    for name in BEFORE:
        if f"proxyctl_{name}" not in there:
            op.rename_table(name, f"proxyctl_{name}")


def downgrade() -> None:
    """The steps before know the new names."""
