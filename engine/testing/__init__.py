"""Route tests: YAML that says what goes up and what comes back, run offline with a fixed clock and fixed ids.

Input: the test cases of a compiled site or of the library. Output: one `Result` a case, and what the cases
covered. May import the gateway and everything below it, never the server, the adapters or the command line.
"""
