"""The command line: arguments in, text and an exit code out.

`main` holds the table of commands; each command is one module of `commands/`, imported when it is asked
for, so that `proxyctl --help` starts in no time. May import everything; nothing imports it.
"""
