"""Files in, one immutable `Snapshot` out, or diagnostics.

`compile_site` is the one function behind validate, test, serve and reload; `reconcile` decides which
version of each file is compiled. May import all compilers below it; does no I/O and reads no clock.
"""
