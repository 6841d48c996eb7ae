"""A file that all workers of a machine count in: mapped into the memory of each, locked for each change.

A lock dies with its holder, so a worker may be killed at any moment. Positions are bytes from the beginning.
"""
