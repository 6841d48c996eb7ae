"""Who is next in a pool, by the files of another program that stood in its directory before us."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.adapters.kept_json import KeptJson, Unkept
from engine.credentials.model import Directory, Pool, Steering
from engine.errors import EngineError
from engine.ports import Telemetry


def begun_of(site: Path, pools: Iterable[Pool], telemetry: Telemetry) -> dict[str, Steering]:
    """By pool. A file that is not there says nothing; one that cannot be read says so in the log."""
    found: dict[str, Steering] = {}
    for pool in pools:
        for form in pool.directories:
            steering = _steering(site, form, telemetry)
            if steering is not None:
                found.setdefault(pool.name, steering)
    return found


def _steering(site: Path, form: Directory, telemetry: Telemetry) -> Steering | None:
    if form.state is None:
        return None
    kept = KeptJson(site / form.path / form.state.file)
    try:
        return form.state.read(kept.read()) if kept.stamp() is not None else None
    except (Unkept, EngineError) as exc:
        fields = {"file": f"{form.path}/{form.state.file}", "error": str(exc)}
        telemetry.log("warning", "state of a pool cannot be read", fields)
        return None
