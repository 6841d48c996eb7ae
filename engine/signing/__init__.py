"""Signatures of upstream requests; imports `registry` and `errors` only. What a scheme is: `scheme.py`."""
