"""Byte framings: where one event of a stream ends and the next begins.

In: pieces of a byte stream, cut anywhere. Out: `events.Frame`, the same ones wherever the cuts were.
A framing is one file in `framings/`. May import `events`, `registry`, `errors`.
"""
