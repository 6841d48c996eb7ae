"""Files of a directory as a commit of its git repository has them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

# Set while git runs a hook, for the repository that the hook is of: not for the one that is asked here.
OF_HOOKS = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
TIMEOUT = 120.0
NOTHING: Mapping[str, str] = {}


class GitFailed(Exception):
    """There is no git, no repository, or no such commit; the message says which."""


def check_out(directory: Path, ref: str, into: Path) -> str:
    """Write what stands below `directory` at a commit into a new directory; the repository stays as it is.

    Gives the directory's path inside of the repository, empty for all of it. Raises `GitFailed`.
    """
    outside = f"{directory} is in no git repository"
    top = Path(_git(directory, outside, "rev-parse", "--show-toplevel"))
    below = _git(directory, outside, "rev-parse", "--show-prefix")
    named = "" if ref.startswith("-") else ref  # git would take it for a flag
    unknown = f"there is no commit {ref!r} in {top}"
    commit = _git(top, unknown, "rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")
    absent = f"there is no directory {below} in {ref}"
    tree = _git(top, absent, "rev-parse", "--verify", "--quiet", f"{commit}:{below}")
    # With an index of its own: whoever works there has theirs untouched.
    index = {"GIT_INDEX_FILE": f"{into}.index"}
    unreadable = f"{ref} cannot be read"
    _git(top, unreadable, "read-tree", tree, more=index)
    into.mkdir()
    _git(top, unreadable, "checkout-index", "--all", f"--prefix={into}{os.sep}", more=index)
    return below.rstrip("/")


def _git(directory: Path, wrong: str, *arguments: str, more: Mapping[str, str] = NOTHING) -> str:
    """What git says. Raises `GitFailed` with `wrong` and git's own words."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_HOOKS}
    command = ["git", "-C", str(directory), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env={**environment, **more}, timeout=TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise GitFailed("there is no git on this machine") from None
    except subprocess.TimeoutExpired:
        raise GitFailed(f"{wrong}: git took longer than {TIMEOUT:g} s") from None
    if done.returncode:
        said = os.fsdecode(done.stderr).strip()
        raise GitFailed(f"{wrong} (git: {said.removeprefix('fatal: ')})" if said else wrong)
    return os.fsdecode(done.stdout).removesuffix("\n")
