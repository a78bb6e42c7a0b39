"""What a job of a cloud has to do: the ``job.json`` in its bucket, checked."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dask_runner.cloud.errors import JobError
from dask_runner.code.archive import Archive
from dask_runner.run.order import Order


@dataclass(frozen=True)
class CloudOrders:
    """A job's ``job.json``."""

    id: str
    name: str
    path: str | None  #: of the script, relative to the archive's root
    module: str | None
    function: str | None
    args: list[str]
    environment: dict[str, str]
    code_uri: str
    archive: Archive
    folder: str  #: ``gs://`` address that results are below
    report: bool
    mark_workers: bool
    max_run_seconds: float | None  #: from the start of the script

    @staticmethod
    def parse(uri: str, data: bytes) -> CloudOrders:
        """Read and check a job's orders.

        Raises
        ------
        JobError
            When they are wrong.
        """
        try:
            value: dict[str, Any] = json.loads(data)
            target: dict[str, Any] = value["target"]
            is_file = target["kind"] == "file"
            limit = value.get("maxRunSeconds")
            path = str(target["path"]) if is_file else None
            if path is not None and (path.startswith("/") or ".." in Path(path).parts):
                raise ValueError(f"{path} is outside of the archive")
            return CloudOrders(
                id=str(value["id"]),
                name=str(value.get("name", value["id"])),
                path=path,
                module=None if is_file else str(target["module"]),
                function=None if is_file else str(target["function"]),
                args=[str(argument) for argument in value.get("args", [])],
                environment={str(k): str(v) for k, v in value.get("environment", {}).items()},
                code_uri=str(value["code"]["uri"]),
                archive=Archive.parse(value["code"]),
                folder=str(value["folder"]).rstrip("/"),
                report=bool(value.get("report")),
                mark_workers=bool(value.get("markWorkers")),
                max_run_seconds=None if limit is None else float(limit),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise JobError(
                "jobInvalid",
                f"The job cannot be run: its orders {uri} are wrong: {error!r}. "
                "They may be of another version of the extension. Run it again.",
            ) from error

    def order(self, code: Path, cluster: Path, state: dict[str, Any]) -> Order:
        """Return the orders of its driver.

        Parameters
        ----------
        code
            Where the archive is unpacked.
        cluster
            The cluster's folder.
        state
            What its ``state.json`` says.
        """
        script = None if self.path is None else code / self.path
        given = self.environment.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        folders = [*self.archive.folders_in(code), *filter(None, given.split(os.pathsep))]
        return Order(
            id=self.id,
            name=self.name,
            path=script,
            module=self.module,
            function=self.function,
            directory=code if script is None else script.parent,
            args=self.args,
            environment={**self.environment, "PYTHONPATH": os.pathsep.join(folders)},
            cluster_folder=cluster,
            scheduler_address=state.get("schedulerAddress"),
            tls=state.get("tls"),
            interpreter=sys.executable,
            release=False,
            report=self.report,
            mark_workers=self.mark_workers,
        )
