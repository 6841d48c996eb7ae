"""What a request costs on this machine: a suite with its own upstream, load generator and floor.

In: a profile (how long, how much). Out: a `Report` of figures, tables and verdicts on the budgets. Everything
under test runs as a process of its own; this package starts it, loads it, and reads its CPU time and memory.
"""
