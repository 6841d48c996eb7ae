"""What a request asked for; of those before it is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = ("usage", "usage_days")


def upgrade() -> None:
    """MariaDB keeps what was done before a migration was cut off, so it may be half there."""
    there = sa.inspect(op.get_bind())
    for table in TABLES:
        if "operation" not in {column["name"] for column in there.get_columns(table)}:
            op.add_column(table, sa.Column("operation", sa.String(40)))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "operation")
