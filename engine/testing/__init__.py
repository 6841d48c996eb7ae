"""Route tests: YAML that says what goes up and what comes back, run offline with a fixed clock and fixed ids.

Input: the test cases of a compiled site or of the library. Output: one `Result` a case, and what the cases
covered. May import the gateway, everything below it, and the adapters that stay inside the process; never the
server or the command line.
"""
