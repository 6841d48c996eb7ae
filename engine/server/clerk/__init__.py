"""The clerk, the one process that has the database, and what workers have to do with it.

`process` is the clerk itself, with `collecting`. The leading worker starts it (`keeper`, `order`), any worker
asks it (`client`). `books`, `tables` and `kept_tables` are a worker's side of usage and of published tables.
"""
