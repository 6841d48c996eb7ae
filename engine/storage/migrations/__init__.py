"""The history of the tables, one module a step; `alembic` finds them by their `revision`."""
