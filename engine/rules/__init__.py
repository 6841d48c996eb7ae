"""Keyword rules: what is replaced or masked in texts, whole or in pieces."""
