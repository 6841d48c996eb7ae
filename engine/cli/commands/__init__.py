"""One module a command: `configure(parser)` declares its arguments, `run(args)` gives the exit code."""
