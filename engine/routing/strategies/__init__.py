"""In which order an alias's targets are tried: one file a strategy, each with its `SPEC`."""
