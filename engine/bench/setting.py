"""Where cases run: the upstream, the floor and the engines, and the load that is sent at them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.bench.bodies import PATH, body
from engine.bench.cores import Cores, placement
from engine.bench.figures import Sample, faults
from engine.bench.formats import formats
from engine.bench.generator import allow_files, send
from engine.bench.measure import measurable
from engine.bench.order import Order
from engine.bench.plan import Plan, Result
from engine.bench.servers import STARTING, NoStart, Server, free_port, python
from engine.bench.site import environment, headers, write_site


@dataclass(frozen=True, slots=True)
class Profile:
    """How much is measured. `seconds` is one run, `rounds` how often each is repeated, in turns with others.

    `paced` is streams at once, and events a second of each; `open_streams` how many stand open to weigh one;
    `routes` how many of the engine's ways to answer are tried where not all are.
    """

    seconds: float = 1.5
    rounds: int = 3
    sizes: Sequence[str] = ("1 kB", "30 kB")
    clients: Sequence[int] = (1, 16, 64)
    paced: tuple[int, int] = (500, 20)
    open_streams: int = 500
    aliases: int = 1000
    workers: int = 1
    routes: int = 2


@dataclass(frozen=True)
class Target:
    """Whom a plan is sent to: a server, and how a request is worded for it. `model` is what it asks for."""

    name: str
    title: str
    server: Server
    model: str = "same"
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = PATH

    def plan(
        self,
        order: Order,
        *,
        clients: int,
        seconds: float,
        size: str = "1 kB",
        stream: bool = False,
        requests: int = 0,
    ) -> Plan:
        text = body(size, self.model, order, stream=stream).decode()
        return Plan(
            self.server.port,
            self.path,
            text,
            clients,
            seconds,
            headers=dict(self.headers),
            events=order.events,
            stream=stream,
            requests=requests,
        )


class Bench:
    """`with Bench(profile) as bench:` has an upstream; everything else is started when it is asked for.

    `command` is what stands before the flags of `proxyctl`; `tell` gets a line before each case.
    """

    def __init__(
        self,
        profile: Profile,
        tell: Callable[[str], None] = lambda _: None,
        command: Sequence[str] = tuple(python("engine.cli.main")),
    ) -> None:
        self.profile = profile
        self.tell = tell
        self.placement = placement(profile.workers)
        self._command = command
        self._stack = ExitStack()
        self._sites = 0
        self._engine: Server | None = None
        self._logged: Server | None = None
        self._floor: Server | None = None
        self._bare: Server | None = None
        # Seconds that runs took, and in which a server of ours wanted a core that another program had.
        self.measured = self.waited = 0.0

    def __enter__(self) -> Bench:
        """Raises `NoStart` where nothing can be measured, or the upstream does not come up."""
        if not measurable():
            raise NoStart("this system tells no CPU times: it has neither /proc nor the command `ps`")
        self.files = allow_files()
        with ExitStack() as stack:
            self.directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="proxyctl-bench-")))
            self.upstream = stack.enter_context(self._own("upstream", self.placement.upstream))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # Servers

    def server(
        self,
        name: str,
        command: Sequence[str],
        port: int,
        *,
        env: Mapping[str, str] | None = None,
        cores: Cores | None = None,
        ready: str | None = None,
        patience: float = STARTING,
    ) -> Server:
        """Not started yet; it runs where what is measured runs, unless `cores` say otherwise."""
        log = self.directory / f"{name}-{port}.log"
        placed = self.placement.tested if cores is None else cores
        return Server(name, command, port, log, env=env or {}, cores=placed, ready=ready, patience=patience)

    def fresh_engine(
        self, aliases: int = 0, command: Sequence[str] | None = None, log_level: str = "warning"
    ) -> Server:
        """`proxyctl serve`, its log in a file; as quiet as the floor, unless asked for more. Not started."""
        self._sites += 1
        site, port = write_site(self.directory / f"site-{self._sites}", aliases), free_port()
        flags = ["--site", str(site), "serve", "--port", str(port), "--workers", str(self.profile.workers)]
        flags += ["--log-level", log_level]
        env = environment(self.upstream.port)
        return self.server("proxyctl", [*(command or self._command), *flags], port, env=env, ready="/ready")

    def start(self, server: Server) -> Server:
        """It runs until the suite ends."""
        return self._stack.enter_context(server)

    @property
    def engine(self) -> Server:
        """The one that most cases share."""
        if self._engine is None:
            self._engine = self.start(self.fresh_engine())
            for target in self.routes(self._engine):
                self.check(target)
        return self._engine

    def _own(self, name: str, cores: Cores, *arguments: str) -> Server:
        port = free_port()
        return self.server(name, python(f"engine.bench.{name}", str(port), *arguments), port, cores=cores)

    # Targets

    def floor(self) -> Target:
        if self._floor is None:
            self._floor = self.start(self._own("floor", self.placement.tested))
        return Target("floor", "the floor: an empty handler", self._floor)

    def bare(self) -> Target:
        if self._bare is None:
            self._bare = self.start(self._own("bare", self.placement.tested, str(self.upstream.port)))
        return Target("bare", "a bare loop: handed on, not looked at", self._bare)

    def logged(self) -> Target:
        if self._logged is None:
            self._logged = self.start(self.fresh_engine(log_level="info"))
        return replace(
            self.routes(self._logged)[0], name="logged", title="passed through, a log line for each request"
        )

    def direct(self) -> Target:
        return Target("direct", "straight to the upstream", self.upstream)

    def routes(self, server: Server | None = None) -> list[Target]:
        """The engine's ways to answer: passed through, and converted to each other format."""
        at = server or self.engine
        return [Target(each.name, each.title, at, each.name, headers()) for each in formats().values()]

    # Load

    def check(self, target: Target, streams: Sequence[bool] = (False, True)) -> None:
        """One answer of each kind, before anything is measured. Raises `NoStart` when one is wrong."""
        for stream in streams:
            plan = target.plan(Order(), clients=1, seconds=20, stream=stream, requests=1)
            if wrong := faults(target.title, [self.load(plan)]):
                raise NoStart(f"{wrong[0]}\n{target.server.name} said: {target.server.said()}")

    def load(self, plan: Plan, watch: Callable[[], None] | None = None) -> Result:
        return send(plan, self.placement.load, watch)

    def run(self, target: Target, plan: Plan) -> Sample:
        """The load, and what it cost the server."""
        before = target.server.usage()
        result = self.load(plan)
        if not target.server.alive:
            raise NoStart(f"{target.server.name} ended under load")
        after = target.server.usage()
        sample = Sample(after.cpu - before.cpu, result, after.waited - before.waited)
        self.measured += result.elapsed
        self.waited += sample.waited
        return sample

    def rounds(self, targets: Sequence[Target], plan_of: Callable[[Target], Plan]) -> dict[str, list[Sample]]:
        """Samples of each target by its name, taken in turns: what disturbs the machine disturbs all."""
        plans = [(target, plan_of(target)) for target in targets]
        samples: dict[str, list[Sample]] = {target.name: [] for target in targets}
        for _ in range(self.profile.rounds):
            for target, plan in plans:
                samples[target.name].append(self.run(target, plan))
        return samples
