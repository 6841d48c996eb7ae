"""What a request asked for; of those before it is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = ("usage", "usage_days")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("operation", sa.String(40)))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "operation")
