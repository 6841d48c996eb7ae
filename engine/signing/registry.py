"""The signing schemes by name."""

from __future__ import annotations

from engine.registry import Registry, discover
from engine.signing import schemes
from engine.signing.scheme import Scheme

SCHEMES: Registry[Scheme] = discover(schemes, Registry("scheme"))
