"""What the leader tells the other workers: which texts are served, and what is known of every file.

Texts of route files, never secrets: those are read by each worker for itself.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine import diagnostics
from engine.snapshot.reconcile import Accepted, FileState


@dataclass(frozen=True)
class Published:
    """`generation` and `loaded_at` (seconds since 1970) are of the snapshot that `accepted` gives."""

    generation: str
    loaded_at: float
    accepted: Accepted = field(default_factory=Accepted)

    @cached_property
    def files(self) -> dict[str, Any]:
        """The state of every file, as `GET /admin/config` shows it."""
        return {path: _state_data(state) for path, state in self.accepted.states.items()}

    @property
    def rejected(self) -> dict[str, FileState]:
        return {path: state for path, state in self.accepted.states.items() if state.state == "rejected"}


def to_data(published: Published) -> dict[str, Any]:
    """Plain JSON data; `from_data` is the reverse."""
    return {
        "generation": published.generation,
        "loaded_at": published.loaded_at,
        "files": published.files,
        "texts": _packed(published.accepted.files),
        "prompts": _packed(published.accepted.prompts),
    }


def from_data(data: Mapping[str, Any]) -> Published:
    states = {path: _state(state) for path, state in data["files"].items()}
    accepted = Accepted(_unpacked(data["texts"]), _unpacked(data["prompts"]), states)
    return Published(data["generation"], data["loaded_at"], accepted)


def _state_data(state: FileState) -> dict[str, Any]:
    found = [diagnostics.to_data(item) for item in state.diagnostics]
    return {"state": state.state, "since": state.since, "diagnostics": found}


def _state(data: Mapping[str, Any]) -> FileState:
    found = tuple(diagnostics.from_data(item) for item in data["diagnostics"])
    return FileState(data["state"], data["since"], found)


def _packed(texts: Mapping[str, bytes]) -> dict[str, str]:
    return {path: b64encode(text).decode("ascii") for path, text in texts.items()}


def _unpacked(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {path: b64decode(text) for path, text in texts.items()}
