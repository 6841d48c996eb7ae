"""Which targets a request may use, in which order, and what follows a failure.

In: a model name and a table of aliases; a failure. Out: ordered targets; a verdict.
Pure: time and chance are arguments. May import `expression` and what stands below it.
"""
