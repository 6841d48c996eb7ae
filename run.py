#!/usr/bin/env python3
"""One command from a fresh clone: `python3 run.py serve` or `python3 run.py test`.

Needs Python >= 3.11 with pip, nothing else. It makes a virtual environment (.venv, or $PROXYCTL_VENV),
installs the hash-locked requirements into it, and runs the command there. A second run finds the
environment as it left it and starts at once.

    python3 run.py serve [flags]     serve the site in this directory; any proxyctl command works here
    python3 run.py test [flags]      the test suite; flags go to pytest
    python3 run.py setup [--dev]     only make the environment; --dev adds what the tests need

This file uses the standard library alone, and runs on old Pythons just far enough to say so.
"""

import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.abspath(os.environ.get("PROXYCTL_VENV") or os.path.join(ROOT, ".venv"))
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
STAMP = os.path.join(VENV, "proxyctl-requirements")


def fail(message):
    sys.stderr.write("run.py: " + message + "\n")
    raise SystemExit(2)


def say(message):
    sys.stderr.write("run.py: " + message + "\n")
    sys.stderr.flush()


def tool(name):
    return os.path.join(BIN, name + (".exe" if os.name == "nt" else ""))


def requirements(dev):
    return os.path.join(ROOT, "requirements", "dev.txt" if dev else "serve.txt")


def digest(dev):
    """What an environment is made from: the lock, the package's own metadata, the place of both."""
    seen = hashlib.sha256(ROOT.encode())
    for path in (requirements(dev), os.path.join(ROOT, "pyproject.toml")):
        with open(path, "rb") as file:
            seen.update(file.read())
    return seen.hexdigest()


def installed():
    """The digests of the requirement sets that the environment holds."""
    try:
        with open(STAMP) as file:
            return file.read().split()
    except OSError:
        return []


def make_venv():
    if os.path.exists(tool("python")):
        return
    say("making " + VENV)
    make = [sys.executable, "-m", "venv", "--clear", VENV]
    # Without ensurepip (Debian's python3 without python3-venv) the pip of this Python does the installing.
    if subprocess.call(make, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return
    if subprocess.call([*make, "--without-pip"]):
        fail("this Python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv")


def pip():
    """The pip that installs into the environment: its own, or that of the Python we run on."""
    own = [tool("python"), "-m", "pip"]
    if subprocess.call([*own, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return own
    return [sys.executable, "-m", "pip", "--python", tool("python")]


def install(*arguments):
    command = [*pip(), "--disable-pip-version-check", "install", "-qq", *arguments]
    if subprocess.call(command, cwd=ROOT):
        fail("pip could not install what proxyctl needs; its message stands above. Run again to retry.")


def setup(dev):
    """The environment for serving, or for development. Does nothing when it is there already."""
    wanted = digest(dev)
    if wanted in installed() and os.path.exists(tool("proxyctl")):
        return
    make_venv()
    say("installing requirements/" + os.path.basename(requirements(dev)))
    # Every package with its dependencies is in the lock, each with its hashes: pip resolves nothing.
    install("--require-hashes", "--no-deps", "-r", requirements(dev))
    install("--no-deps", "--no-build-isolation", "--editable", ROOT)
    with open(STAMP, "w") as file:
        # The development set holds the serving set.
        file.write("\n".join(sorted({wanted, digest(False)})))


def become(name, arguments):
    """Turn into the tool, so that signals reach it and its exit code is ours."""
    if os.name == "nt":
        raise SystemExit(subprocess.call([tool(name), *arguments]))
    os.execv(tool(name), [tool(name), *arguments])


def main(arguments):
    if sys.version_info < (3, 11):  # noqa: UP036 - this file must tell an old Python what is wrong
        fail(f"proxyctl needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return
    command, rest = arguments[0], arguments[1:]
    if command == "setup":
        setup(dev="--dev" in rest)
    elif command == "test":
        setup(dev=True)
        os.chdir(ROOT)
        become("python", ["-m", "pytest", *rest])
    else:
        setup(dev=False)
        os.environ.setdefault("PROXYCTL_SITE", ROOT)
        become("proxyctl", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
