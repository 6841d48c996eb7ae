"""The database: usage, clients, credentials, audit; on SQLite, PostgreSQL and MariaDB or MySQL.

Only the clerk (`server/clerk/process.py`) and commands import this package. A worker never does: SQLAlchemy
takes more memory than all else in it. So a worker asks the clerk for *verbs*, and reads *published tables*.

A table is one module: functions that take a `Connection` (or a `Database`) and plain data. What changes rows
that workers hold calls `revisions.bump(connection, "clients")` in the same transaction.

To add a verb: write `async def create(database: Database, args: Args) -> Any` in the table's module (plain
JSON data in and out; raise `Refused` for what the caller did wrong), and put it into `VERBS` in `verbs.py`.
A worker asks `await clerk.ask("clients.create", {...})` (`server/clerk/client.py`; the worker has one as
`Worker.clerk`); a command calls the function itself inside `with_database`, server running or not. When a
verb has answered, what it changed is published.

To add a published table: write `async def published(database: Database) -> Any` (plain JSON data, digests
and ciphertext, nothing that is secret), and put it into `PUBLISHED` in `verbs.py` under the name that is
bumped. A worker hears of it through `Worker.tables.follow(name, callback)` (`server/clerk/tables.py`), at
once if it is there, and within 0.5 s of each change, whoever made it.

A further migration is one module in `migrations/` with `revision`, `down_revision`, `upgrade`, `downgrade`;
one test walks all of them up and down on every kind of database and compares the result with `tables.py`.
"""
