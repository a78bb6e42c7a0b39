"""Workers on this machine that take over the world of the script that asks for them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import distributed.utils
from distributed.nanny import WorkerProcess

from dask_runner.base.package import PACKAGE, PACKAGE_PARENT
from dask_runner.cluster.scheduler import our_settings
from dask_runner.code.modules import top_level_modules
from dask_runner.hosted.scheduler_settings import take_over_settings
from dask_runner.hosted.scheduler_state import tell_workers
from dask_runner.hosted.worlds import Inhabited, Worlds, logger
from dask_runner.world.takeover import (
    before_spawn,
    enter,
    named_preloads,
    take_over_environment,
    take_over_main,
    take_over_path,
)
from dask_runner.world.worker_preload import LOG_FOLDER, PRINT_TO
from dask_runner.world.world import MARKS, OUTPUT, World

if TYPE_CHECKING:
    from dask_runner.hosted.worker_source import WorkerSource

PRELOAD = "dask_runner.world.worker_preload"
TELL_SECONDS = 5.0
#: The folder of the standard library.
STANDARD = str(Path(os.__file__).parent)
# What libraries and the interpreter read only once, when they are loaded.
READ_ONCE = (
    "PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "OMP_", "MKL_", "OPENBLAS_",
    "GOTO_", "KMP_", "BLIS_", "NPY_", "NUMPY_", "NUMEXPR_", "OPENSSL_", "TORNADO_",
)  # fmt: skip
#: Those that are set otherwise in a process that was forked.
HANDED_ON = ("PYTHONPATH", "PYTHONUNBUFFERED")
WorkerProcess._init_msg_interval = 0.005
# Else Dask would import all packages that it knows, for a fork server that is there already.
if hasattr(distributed.utils, "_forkserver_preload_set"):
    distributed.utils._forkserver_preload_set = True


def preloads() -> dict[str, Any]:
    """Return what each worker loads at its start: ours, then what the script's settings name."""
    names = named_preloads()
    given = dask.config.get("distributed.worker.preload-argv", None) or []
    same = not given or isinstance(given[0], str)
    arguments = [list(given)] * len(names) if same else list(given)
    return {"preload": [PRELOAD, *names], "preload_argv": [[], *arguments]}


class LocalWorlds(Worlds):
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

    def __init__(
        self,
        cluster: Inhabited,
        source: WorkerSource | None,
        imported_with: dict[str, str] | None,
        logs: Path,
        of_run: bool,
        shared: bool,
    ) -> None:
        super().__init__(cluster, of_run, shared)
        self._source = source
        self._logs = logs
        self._loaded = frozenset(name.partition(".")[0] for name in sys.modules)
        self._started_with = imported_with or {}

    async def _take_over(self, world: World) -> None:
        """Make this process what a script's own is for the workers that it starts."""
        self._forget_modules()
        path = world.path if PACKAGE_PARENT in world.path else [*world.path, PACKAGE_PARENT]
        take_over_path(path)
        sys.argv[:] = world.arguments
        take_over_main(world.main)
        own = {LOG_FOLDER: str(self._logs)}
        if world.output is not None:
            own[OUTPUT] = world.output
        if world.marks:
            own[MARKS] = "1"
        take_over_environment({**world.environment, **own})
        enter(world.directory)
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
        options.update(preloads())
        self._log_to(world.output)
        if forks:
            self._open_source(world)

    async def _show(self, world: World) -> None:
        await super()._show(world)
        await self._print_to(world.output)

    async def _hide(self) -> None:
        async with self._lock:
            if self.inhabited and not self._scripts():
                await self._print_to(None)

    async def _print_to(self, path: str | None) -> None:
        await tell_workers(self._cluster.scheduler, TELL_SECONDS, op=PRINT_TO, path=path)

    def _open_source(self, world: World) -> None:
        assert self._source is not None
        environment = {**os.environ, **before_spawn()}
        errors = str(self._logs / "workers.log")
        try:
            self._source.open(environment, world.directory, world.output, errors)
        except (OSError, EOFError):
            logger.warning("Workers cannot be forked: they are started as processes", exc_info=True)
            self._source = None
            dask.config.set({"distributed.worker.multiprocessing-method": "spawn"})

    def _may_fork(self, world: World) -> bool:
        """Tell whether a forked worker would be as one that is started as a process."""
        environment = {**os.environ, **before_spawn()}
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
