"""All functions of the language, by name."""

from __future__ import annotations

from engine.expression import functions
from engine.expression.function import Function
from engine.registry import Registry, discover

FUNCTIONS: Registry[Function] = discover(functions, Registry("function"))
