"""Files into checked documents: YAML text → tree → structure → spec objects → references.

In: bytes by path, `ports.Secrets`. Out: `ParsedFile`, `Settings` and diagnostics as values; nothing raises
for what a user wrote. May import spec, tree, diagnostics, registry and below.
"""
