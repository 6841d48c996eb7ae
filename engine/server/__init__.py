"""The process: sockets, workers, the web framework, client keys, admin pages, reload. The only wiring.

In: `Settings` and a site's directory. Out: HTTP answers until a signal ends it. May import everything but
`cli`; the web framework is imported here alone.
"""
