"""The peers as servers of the suite: one worker, the fastest documented settings, our upstream."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from engine.bench.formats import formats
from engine.bench.servers import Server, free_port
from engine.bench.setting import Bench, Target
from engine.bench.site import CLIENT_KEY, CREDENTIAL, environment

HERE = Path(__file__).parent
PACKAGE = "node_modules/@portkey-ai/gateway"
# LiteLLM takes its time.
PATIENCE = 180.0
# Its master key must begin so.
LITELLM_KEY = f"sk-{CLIENT_KEY}"


def install(into: Path) -> None:
    """What is not there yet, from the registries that this machine is set up for."""
    portkey, litellm = into / "portkey", into / "litellm"
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    told = portkey / "package.json"
    if not (portkey / PACKAGE).exists() or told.read_text(encoding="utf-8") != wanted:
        portkey.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(portkey / "node_modules", ignore_errors=True)
        (portkey / "package-lock.json").unlink(missing_ok=True)
        told.write_text(wanted, encoding="utf-8")
        run("npm", "install", "--no-audit", "--no-fund", cwd=portkey)
    if not (litellm / "bin" / "litellm").exists():
        run(sys.executable, "-m", "venv", str(litellm))
        run(str(litellm / "bin" / "pip"), "install", "--quiet", "-r", str(HERE / "litellm.txt"))


def run(*command: str, cwd: Path | None = None) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def nginx(bench: Bench, peers: Path) -> tuple[str, list[Target]]:
    port = free_port()
    at = bench.directory / "nginx"
    at.mkdir()
    config = (HERE / "nginx.conf").read_text(encoding="utf-8")
    for name, value in {"@PORT@": port, "@UPSTREAM@": bench.upstream.port, "@KEY@": CLIENT_KEY}.items():
        config = config.replace(name, str(value))
    (at / "nginx.conf").write_text(config, encoding="utf-8")
    server = bench.server("nginx", ["nginx", "-p", str(at), "-c", "nginx.conf"], port, ready="/ready")
    version = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    words = f"nginx {version.strip().rpartition('/')[2]}"
    return words, [Target("nginx", "nginx, forwarding only", bench.start(server), headers=headers)]


def portkey(bench: Bench, peers: Path) -> tuple[str, list[Target]]:
    port = free_port()
    package = peers / "portkey" / PACKAGE
    command = ["node", str(package / "build" / "start-server.js"), f"--port={port}", "--headless"]
    env = {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"}
    server = bench.start(bench.server("Portkey", command, port, env=env, ready="/"))
    base = f"http://127.0.0.1:{bench.upstream.port}/v1"
    targets = [
        target("Portkey", each, server, {"x-portkey-provider": provider, "x-portkey-custom-host": base})
        for each, provider in (("same", "openai"), ("messages", "anthropic"))
    ]
    version = run("node", "-p", f"require('{package}/package.json').version").strip()
    return f"Portkey {version} on Node {run('node', '--version').strip()}", targets


def litellm(bench: Bench, peers: Path) -> tuple[str, list[Target]]:
    port = free_port()
    binaries = peers / "litellm" / "bin"
    flags = ["--config", str(HERE / "litellm.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    env = {
        **environment(bench.upstream.port),
        "BENCH_OPENAI_BASE": f"http://127.0.0.1:{bench.upstream.port}/v1",
        "BENCH_CLIENT_KEY": LITELLM_KEY,
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    command = [str(binaries / "litellm"), *flags, "--num_workers", "1"]
    server = bench.server("LiteLLM", command, port, env=env, ready="/health/liveliness", patience=PATIENCE)
    bench.start(server)
    key = {"authorization": f"Bearer {LITELLM_KEY}"}
    targets = [target("LiteLLM", each, server, key) for each in ("same", "messages")]
    program = "from importlib.metadata import version; print(version('litellm'))"
    return f"LiteLLM {run(str(binaries / 'python'), '-c', program).strip()}", targets


def target(peer: str, format: str, server: Server, headers: dict[str, str]) -> Target:
    headers = {"authorization": f"Bearer {CREDENTIAL}", **headers}
    return Target(f"{peer}/{format}", f"{peer}, {formats()[format].title}", server, format, headers)
