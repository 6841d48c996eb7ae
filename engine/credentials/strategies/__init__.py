"""Which credential of a pool comes next: one file a strategy, each with its `SPEC`."""
