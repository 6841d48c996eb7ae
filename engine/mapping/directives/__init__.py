"""The directives of the template language, one file each; every file defines `SPEC`.

In: a `Form` (the mapping as written) and a `Sink`. Out: Python statements. May import mapping's block, sinks,
statements, spot, runtime and directive.
"""
