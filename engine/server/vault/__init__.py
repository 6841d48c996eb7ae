"""Credentials at run time, on a worker's side: stored, found, renewed, refused and tried."""
