"""The functions of the expression language: one file each, every one defines `SPEC: Function`.

In: JSON values, checked against the signature by the generated code. Out: a JSON value.
May import what `expression` has below `calls`, and `globs`.
"""
