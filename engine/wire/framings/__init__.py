"""One framing a file, each with its `SPEC`; may import `wire.spec` and what it may import."""
