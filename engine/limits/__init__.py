"""How much a caller, a model, a provider or a key may use: limits as they are compiled, and the counting.

In: what a site declares, and what is known of a request. Out: takes for the counters, and how they are told.
Pure: the counters are a port. May import `spec` and what stands below it.
"""
