"""One scheme a file, each with its `SPEC`."""
