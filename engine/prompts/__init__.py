"""Prompts: sandboxed templates with declared variables, in versions that share the requests."""
