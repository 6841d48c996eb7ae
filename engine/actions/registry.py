"""The actions by name."""

from __future__ import annotations

from engine.actions import verbs
from engine.actions.action import Action
from engine.registry import Registry, discover

ACTIONS: Registry[Action] = discover(verbs, Registry("action"))
