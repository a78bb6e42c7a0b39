"""Workers on this machine that take over the world of the script that asks for them.

Under plain Python a script's ``Client()`` starts the workers: they have its folder, ``sys.path``,
environment, arguments and settings of that moment, import its modules themselves, and write where
it writes. Here the scheduler runs already, in a process of its own. When a script's client connects
(``dask_runner.world.client_preload``), this process takes the script's world over, and starts its
workers as the script's own process would.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import dask
import distributed.utils
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.nanny import WorkerProcess, _get_env_variables

from dask_runner.base.package import PACKAGE, PACKAGE_PARENT
from dask_runner.cluster.scheduler import our_settings
from dask_runner.cluster.spec import WorkerRange
from dask_runner.cluster.taken import TakenError
from dask_runner.code.modules import top_level_modules
from dask_runner.hosted.scheduler_settings import take_over_settings
from dask_runner.hosted.scheduler_state import forget_scripts, plugins_of, remove_clients
from dask_runner.world.worker_preload import LOG_FOLDER
from dask_runner.world.world import OURS, OUTPUT, World

if TYPE_CHECKING:
    from dask_runner.hosted.worker_source import WorkerSource

#: The folder of the standard library.
STANDARD = str(Path(os.__file__).parent)
#: A client without our preload does not say what its workers are to be like.
SILENT_SECONDS = 2.0
# What libraries and the interpreter read only once, when they are loaded.
READ_ONCE = (
    "PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "OMP_", "MKL_", "OPENBLAS_",
    "GOTO_", "KMP_", "BLIS_", "NPY_", "NUMPY_", "NUMEXPR_", "OPENSSL_", "TORNADO_",
)  # fmt: skip
#: Those that are set otherwise in a process that was forked.
HANDED_ON = ("PYTHONPATH", "PYTHONUNBUFFERED")
logger = logging.getLogger("distributed.scheduler.dask_runner")
WorkerProcess._init_msg_interval = 0.005
# Else Dask would import all packages that it knows, for a fork server that is there already.
if hasattr(distributed.utils, "_forkserver_preload_set"):
    distributed.utils._forkserver_preload_set = True


class Inhabited(Protocol):
    """What is asked of a cluster whose workers come and go."""

    scheduler: Any
    new_spec: Any

    async def start_workers(self, workers: WorkerRange) -> None:
        """Start the first workers, and return when they have joined."""

    async def end_workers(self) -> None:
        """Close all workers."""


class LocalWorlds(SchedulerPlugin):  # type: ignore[misc]
    """Starts and ends the workers of a cluster on this machine.

    Parameters
    ----------
    cluster
        The cluster, which runs.
    source
        What workers are forked from; None where each has to be started as a process.
    imported_with
        The environment in which that has imported Dask.
    logs
        The folder of the cluster's logs.
    of_run
        True where workers come and go with the clients of one run.
    shared
        True where scripts use the workers that are there.
    """

    name = "dask-runner-worlds"

    def __init__(
        self,
        cluster: Inhabited,
        source: WorkerSource | None,
        imported_with: dict[str, str] | None,
        logs: Path,
        of_run: bool,
        shared: bool,
    ) -> None:
        self.inhabited = False
        self._cluster = cluster
        self._source = source
        self._logs = logs
        self._of_run = of_run
        self._shared = shared
        self._workers: WorkerRange | None = None
        self._run: str | None = None
        self._lock = asyncio.Lock()
        self._loaded = frozenset(name.partition(".")[0] for name in sys.modules)
        self._started_with = imported_with or {}
        self._output: logging.Handler | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._plugins: tuple[frozenset[str], ...] = ()

    async def begin(self, client: str, packed: bytes, workers: WorkerRange) -> str | None:
        """Start the workers of a script anew; return why that could not be, where it could not."""
        world = World.unpack(packed)
        async with self._lock:
            reason = self._why_shared(client, world) if self.inhabited else None
            if reason is None:
                await self._move_in(world, workers)
            return reason

    async def start(self, workers: WorkerRange) -> None:
        """Start workers that belong to no script yet."""
        async with self._lock:
            await self._move_in(_nobodys(), workers)

    async def close_for_script(self) -> None:
        """End the workers, and what clients have on the scheduler."""
        async with self._lock:
            await self._move_out()
            await remove_clients(self._cluster.scheduler, self._scripts())

    def add_client(self, scheduler: Any, client: str) -> None:
        """Give workers also to clients that do not say what they are to be like."""
        if _is_script(client) and not self.inhabited:
            self._later(self._welcome())

    def remove_client(self, scheduler: Any, client: str) -> None:
        """End the workers with the last client of a run."""
        if self._of_run and self.inhabited and not self._scripts(but=client):
            self._later(self._leave())

    async def _welcome(self) -> None:
        await asyncio.sleep(SILENT_SECONDS)
        async with self._lock:
            if not self.inhabited and self._workers is not None and self._scripts():
                await self._move_in(_nobodys(), self._workers)

    async def _leave(self) -> None:
        async with self._lock:
            if not self._scripts():
                await self._move_out()

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def expect(self, workers: WorkerRange) -> None:
        """Note how many workers there are to be once somebody asks for them; called first."""
        self._plugins = plugins_of(self._cluster.scheduler)
        self._workers = workers

    def _scripts(self, but: str | None = None) -> list[str]:
        return [one for one in self._cluster.scheduler.clients if _is_script(one) and one != but]

    def _why_shared(self, client: str, world: World) -> str | None:
        if self._scripts(but=client):
            if world.run is not None and self._run is not None and world.run != self._run:
                raise TakenError(
                    "Another run has begun to use its workers. Run it again: it gets a cluster of "
                    "its own."
                )
            return "Another client is connected."
        if self._of_run:
            return None
        if self._shared:
            return 'The profile has "workers": "shared".'
        published = self._cluster.scheduler.extensions.get("publish")
        if published is not None and published.datasets:
            return "The cluster holds published data."
        return None

    async def _move_in(self, world: World, workers: WorkerRange) -> None:
        await self._move_out()
        self._take_over(world)
        self._run = world.run
        self._workers = workers
        self.inhabited = True
        try:
            await self._cluster.start_workers(workers)
        except Exception:
            await self._move_out()
            raise

    async def _move_out(self) -> None:
        self.inhabited = False
        self._log_to(None)
        await self._cluster.end_workers()
        await forget_scripts(self._cluster.scheduler, self._plugins)

    def _take_over(self, world: World) -> None:
        """Make this process what a script's own is for the workers that it starts."""
        self._forget_modules()
        sys.path[:] = world.path
        if PACKAGE_PARENT not in sys.path:
            sys.path.append(PACKAGE_PARENT)
        importlib.invalidate_caches()
        sys.argv[:] = world.arguments
        _take_over_main(world.main)
        own = {LOG_FOLDER: str(self._logs)}
        if world.output is not None:
            own[OUTPUT] = world.output
        _take_over_environment({**world.environment, **own})
        os.chdir(world.directory)
        from multiprocessing import process

        process.ORIGINAL_DIR = world.directory  # type: ignore[attr-defined]
        forks = self._source is not None and self._may_fork(world)
        take_over_settings(
            self._cluster.scheduler,
            {
                **our_settings(),
                "distributed.worker.multiprocessing-method": "forkserver" if forks else "spawn",
            },
            world.config,
        )
        options = self._cluster.new_spec["options"]
        options["env"] = {}
        self._log_to(world.output)
        if forks:
            self._open_source(world)

    def _open_source(self, world: World) -> None:
        assert self._source is not None
        environment = {**os.environ, **_before_spawn()}
        errors = str(self._logs / "workers.log")
        try:
            self._source.open(environment, world.directory, world.output, errors)
        except (OSError, EOFError):
            logger.warning("Workers cannot be forked: they are started as processes", exc_info=True)
            self._source = None
            dask.config.set({"distributed.worker.multiprocessing-method": "spawn"})

    def _may_fork(self, world: World) -> bool:
        """Tell whether a forked worker would be as one that is started as a process."""
        environment = {**os.environ, **_before_spawn()}
        for name in {*environment, *self._started_with}:
            read_once = name.startswith(READ_ONCE) and name not in HANDED_ON
            if read_once and environment.get(name) != self._started_with.get(name):
                logger.info("Workers are started as processes: %s differs", name)
                return False
        for folder in world.path:
            if "site-packages" in folder or folder == STANDARD:
                break
            if folder == PACKAGE_PARENT:
                continue
            hidden = top_level_modules(Path(folder)) & self._loaded
            if hidden:
                logger.info("Workers are started as processes: %s hides a module", hidden)
                return False
        return True

    def _forget_modules(self) -> None:
        """Drop the modules of former scripts."""
        libraries = (STANDARD + os.sep, str(PACKAGE) + os.sep)
        for name, module in list(sys.modules.items()):
            source = getattr(module, "__file__", None)
            own = name.partition(".")[0] not in self._loaded
            if (
                own
                and source
                and "site-packages" not in source
                and not source.startswith(libraries)
            ):
                del sys.modules[name]

    def _log_to(self, path: str | None) -> None:
        """Have warnings of scheduler and nannies written where the script writes, as with Dask."""
        loggers = [logging.getLogger(name) for name in ("distributed", "distributed.scheduler")]
        for one in loggers if self._output is not None else ():
            one.removeHandler(self._output)  # type: ignore[arg-type]
        if self._output is not None:
            self._output.close()
        self._output = None
        if path is None or not Path(path).exists():
            return
        self._output = logging.FileHandler(path, encoding="utf-8")
        self._output.setLevel(logging.WARNING)
        # What this package says of itself is for the cluster's log.
        self._output.addFilter(lambda record: record.name != logger.name)
        self._output.setFormatter(
            logging.Formatter(dask.config.get("distributed.admin.log-format"))
        )
        for one in loggers:
            one.addHandler(self._output)


def _is_script(client: str) -> bool:
    # Tasks have clients, too, and so have data sets, variables and queues (``published-…``).
    return client.startswith("Client-") and not client.startswith("Client-worker-")


def _nobodys() -> World:
    """Return the world of workers that no script has asked for."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    return World(str(Path.home()), list(sys.path), [""], environment, dict(dask.config.config))


def _before_spawn() -> dict[str, str]:
    """Return what Dask's nanny sets before it starts a worker."""
    variables: dict[str, str] = _get_env_variables("distributed.nanny.pre-spawn-environ")
    if variables.get("PYTHONHASHSEED") in (None, "0"):
        variables["PYTHONHASHSEED"] = "6640"
    return variables


def _take_over_main(path: str | None) -> None:
    """Have ``multiprocessing`` import the script in each worker, or nothing."""
    main = types.ModuleType("__main__")
    if path is not None:
        main.__file__ = path
    sys.modules["__main__"] = main


def _take_over_environment(environment: dict[str, str]) -> None:
    for name in [name for name in os.environ if name not in environment]:
        del os.environ[name]
    os.environ.update(environment)
