"""proxyctl: a declarative, config-driven routing engine for LLM APIs.

The layers, top to bottom, are drawn in ARCHITECTURE.md; a layer imports only what stands below it.
"""

__version__ = "0.1.0"
