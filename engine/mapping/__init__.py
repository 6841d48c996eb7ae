"""Templates and dialects: trees of YAML become Python functions, at load; nothing is interpreted later.

In: `tree.Node` (a template, or a whole dialect after `extends`). Out: frozen programs (`Template`, `Dialect`
and its parts) that map a `Scope` to plain values, `Event`s or an `ErrorInfo`, and diagnostics as values. May
import expression, spec, events, errors, globs, tree, diagnostics, registry.
"""
