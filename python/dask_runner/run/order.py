"""What a supervisor has to do: a run's ``job.json``, checked."""

from __future__ import annotations

import ast
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dask_runner.base.files import read_json
from dask_runner.base.package import PACKAGE
from dask_runner.remote.attached_preload import ATTACHED
from dask_runner.world.settings import logs_by_file
from dask_runner.world.world import (
    ATTACHED_PRELOAD,
    CLIENT_PRELOAD,
    LOGGING,
    MARKS,
    OUTPUT,
    PRELOAD,
    QUIET,
    RUN,
    SCHEDULER,
)


class OrderError(Exception):
    """The orders cannot be followed."""


@dataclass(frozen=True)
class Order:
    """A run's ``job.json``."""

    id: str
    name: str
    path: Path | None
    module: str | None
    function: str | None
    directory: Path
    args: list[str]
    environment: dict[str, str]
    cluster_folder: Path | None
    scheduler_address: str | None
    tls: dict[str, str] | None
    interpreter: str
    release: bool
    report: bool
    #: Whether a scheduler of somebody else is brought the modules beside the script.
    local_modules: bool = True
    #: Whether each line that a worker of ours prints begins with its name.
    mark_workers: bool = False

    @staticmethod
    def read(folder: Path) -> Order:
        """Read and check a run's orders.

        Raises
        ------
        OrderError
            When they are missing or wrong.
        """
        value = read_json(folder / "job.json")
        if value is None:
            raise OrderError(f"{folder / 'job.json'} is missing or unreadable")
        try:
            target: dict[str, Any] = value["target"]
            is_file = target["kind"] == "file"
            path = Path(target["path"]) if is_file else None
            cluster_folder = value.get("clusterFolder")
            return Order(
                id=str(value["id"]),
                name=str(value.get("name", value["id"])),
                path=path,
                module=None if is_file else str(target["module"]),
                function=None if is_file else str(target["function"]),
                directory=path.parent if path is not None else Path(target["directory"]),
                args=[str(argument) for argument in value.get("args", [])],
                environment={str(k): str(v) for k, v in value.get("environment", {}).items()},
                cluster_folder=None if cluster_folder is None else Path(cluster_folder),
                scheduler_address=value.get("schedulerAddress"),
                tls=value.get("tls"),
                interpreter=str(value.get("interpreter") or sys.executable),
                release=bool(value.get("releaseCluster")),
                report=bool(value.get("report")),
                local_modules=bool(value.get("localModules", True)),
                mark_workers=bool(value.get("markWorkers")),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise OrderError(f"{folder / 'job.json'} is wrong: {error!r}") from error

    def command(self) -> list[str]:
        """Return the driver's command line."""
        if self.path is not None:
            return [self.interpreter, str(self.path), *self.args]
        assert self.module is not None and self.function is not None
        names = ["--job-module", self.module, "--job-function", self.function]
        # From an archive, Python runs modules alone.
        own = [str(PACKAGE / "__main__.py")] if PACKAGE.is_dir() else ["-m", "dask_runner"]
        return [self.interpreter, *own, "run", *names, "--", *self.args]

    def driver_environment(
        self, base: dict[str, str], output: Path | None = None
    ) -> dict[str, str]:
        """Return the driver's whole environment.

        A plain ``Client()`` finds the scheduler, and its certificate, through Dask's own
        variables. Encryption is not demanded: a cluster of the script's own may go without.

        Parameters
        ----------
        base
            What it adds to.
        output
            The file that takes what driver and workers print.
        """
        environment = {**base, **self.environment, "PYTHONUNBUFFERED": "1"}
        folders = environment.get("PYTHONPATH", "").split(os.pathsep)
        own = str(PACKAGE.parent)
        if own not in folders:
            environment["PYTHONPATH"] = os.pathsep.join([*filter(None, folders), own])
        if self.scheduler_address is not None:
            environment["DASK_SCHEDULER_ADDRESS"] = self.scheduler_address
            self._add_preload(environment, self.scheduler_address)
        if output is not None:
            environment[OUTPUT] = str(output)
        if self.tls is not None:
            prefix = "DASK_DISTRIBUTED__COMM__TLS__"
            environment[prefix + "CA_FILE"] = self.tls["ca"]
            environment[prefix + "CLIENT__CERT"] = self.tls["cert"]
            environment[prefix + "CLIENT__KEY"] = self.tls["key"]
        return environment

    def _add_preload(self, environment: dict[str, str], scheduler: str) -> None:
        """Have what is ours done when the script's client connects."""
        if self.cluster_folder is not None:
            environment[SCHEDULER] = scheduler
            environment[RUN] = self.id
            if self.mark_workers:
                environment[MARKS] = "1"
        elif self.local_modules:
            environment[ATTACHED] = scheduler
        else:
            return
        own = ATTACHED_PRELOAD if self.cluster_folder is None else CLIENT_PRELOAD
        preloads: Any = _read(environment.get(PRELOAD))
        before = [preloads] if isinstance(preloads, str) else list(preloads or [])
        environment[PRELOAD] = repr([*before, own])
        if not logs_by_file(environment, self.interpreter):
            levels: Any = _read(environment.get(LOGGING))
            environment[LOGGING] = repr({**(levels if isinstance(levels, dict) else {}), **QUIET})


def _read(variable: str | None) -> Any:
    """Return what a user's own variable says, as Dask reads it."""
    try:
        return None if variable is None else ast.literal_eval(variable)
    except (SyntaxError, ValueError):
        return variable
