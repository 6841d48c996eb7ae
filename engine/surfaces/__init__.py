"""Client protocols: a request body becomes a neutral `Chat`, neutral events become the client's bytes.

In: parsed JSON bodies and `events.Event`. Out: `Chat`, bytes of a stream, bodies of answers and errors.
May import `expression` and what stands below it; never `wire` or `mapping`.
"""
