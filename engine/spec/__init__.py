"""What YAML may say: one frozen class per object, one file each.

The classes are the only description of the configuration. Reading (`base.bind`), JSON Schema (`schema`) and
the reference pages come from their fields. In: `tree.Node`. Out: spec instances. May import tree,
diagnostics, registry, globs, errors.
"""
