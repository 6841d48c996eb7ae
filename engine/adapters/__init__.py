"""The outside world, one file for each port: upstreams, clock, chance, secrets, counters, telemetry, files.

In: the values of `engine.events` and paths. Out: what `engine.ports` promises; a foreign error becomes one
of `engine.errors` here and nowhere else. May import `config`, `ports` and what stands below; no server.
"""
