"""Which credential an attempt uses, and what an error does to it.

In: a `Pool` and what the caller knows of the moment (time, cooldowns, rotation). Out: a `Credential`.
Pure: time, chance and shared numbers are arguments. May import `expression` and what stands below it.
"""
