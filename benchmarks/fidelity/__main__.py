"""The same recorded answers through proxyctl and through LiteLLM: what is lost on the way.

    python -m benchmarks.fidelity path/to/litellm/bin/python        # prints a table and all that was lost

The recordings stand beside the repository, `tests/library/corpus.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.fidelity import cases, ours

KINDS = (
    "text",
    "reasoning",
    "signatures",
    "calls",
    "call ids",
    "finish",
    "usage",
    "cached",
    "reasoning tokens",
    "sources",
    "logprobs",
    "candidates",
)


def theirs(python: str, given: list[Any]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(given, file)
        file.flush()
        command = [python, str(Path(__file__).with_name("theirs.py")), file.name]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return {one["id"]: one for one in told}


def lost(wanted: dict[str, Any], told: dict[str, Any]) -> list[str]:
    return list(wanted) if "error" in told else cases.missing(wanted, cases.heard(told["chunks"]))


def main() -> None:
    records = cases.good()
    given = [cases.case(record) for record in records]
    other = theirs(sys.argv[1], given) if len(sys.argv) > 1 else {}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record, case in zip(records, given, strict=True):
        wanted, platform = cases.facts(record), record["platform"]
        counts[platform].update(f"all {kind}" for kind in wanted)
        for who, told in (
            ("ours", ours.ask(record, case)),
            ("theirs", other.get(record["id"], {"error": "?"})),
        ):
            missing = lost(wanted, told)
            counts[platform].update(f"{who} {kind}" for kind in missing)
            counts[platform][f"{who} exchanges"] += bool(missing)
            if missing:
                print(
                    f"{who:7} {record['id'][:64]:64} {', '.join(missing)} {told.get('error', '')[:150]}",
                    file=sys.stderr,
                )
        counts[platform]["all exchanges"] += 1
    print("| platform | answers | proxyctl | LiteLLM | what LiteLLM lost |")
    print("|---|---|---|---|---|")
    for platform, count in sorted(counts.items()):
        lacking = [kind for kind in KINDS if count[f"theirs {kind}"]]
        told = (f"{kind} {count[f'theirs {kind}']} of {count[f'all {kind}']}" for kind in lacking)
        fields = [
            platform,
            *(count[f"{who} exchanges"] for who in ("all", "ours", "theirs")),
            ", ".join(told),
        ]
        print(f"| {' | '.join(map(str, fields))} |")


main()
