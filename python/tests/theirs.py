"""A scheduler that somebody else has started, with workers that have nothing of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
from conftest import ENVIRONMENT, Run, written
from distributed import Client

# Nothing of these tests is there.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Theirs:
    """A scheduler and workers, started by Dask's own commands in a folder of their own."""

    def __init__(
        self, folder: Path, *options: str, workers: int = 1, nannies: bool = False
    ) -> None:
        self.folder = folder
        self._nannies = nannies
        self._processes: list[subprocess.Popen[bytes]] = []
        (folder / "scratch").mkdir()
        self.environment = {
            **ENVIRONMENT,
            "DASK_TEMPORARY_DIRECTORY": str(folder / "scratch"),
            "PYTHONPATH": str(folder / "installed"),
        }
        (folder / "installed").mkdir()
        file = folder / "scheduler.json"
        self._start("dask_scheduler", "--port", "0", "--scheduler-file", str(file), *options)
        self.address = str(written(file)["address"])
        self.client = Client(self.address)
        for _ in range(workers):
            self.add_worker()

    def _start(self, command: str, *options: str) -> None:
        usual = ("--no-dashboard", "--host", "127.0.0.1")
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{command}", *usual, *options],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)

    def add_worker(self) -> None:
        before = len(self.client.scheduler_info(n_workers=-1)["workers"])
        nanny = "--nanny" if self._nannies else "--no-nanny"
        self._start("dask_worker", self.address, "--nthreads", "1", nanny)
        self.client.wait_for_workers(before + 1, timeout=60)

    def install(self, name: str, text: str) -> None:
        (self.folder / "installed" / name).write_text(text)

    def run(self, root: Path, path: Path, **changes: Any) -> Run:
        changes = {"cluster": {"backend": "address", "id": "a"}, **changes}
        return Run(root, path, None, schedulerAddress=self.address, **changes).start(launcher=False)

    def traces(self) -> list[Any]:
        """What is left of runs in scheduler and workers."""
        inside = [*self.client.run(traces).values(), self.client.run_on_scheduler(traces)]
        folders = [str(path) for path in self.folder.rglob("dask-runner-*")]
        plugins = self.client.run_on_scheduler(
            lambda dask_scheduler: [
                name
                for name in (*dask_scheduler.plugins, *dask_scheduler.worker_plugins)
                if "dask-runner" in name
            ]
        )
        return [one for one in (*inside, folders, plugins) if one]

    def stop(self) -> None:
        self.client.close()
        for process in self._processes:
            process.kill()
            process.wait()


def traces() -> list[str]:
    loaded = [
        name
        for name, module in sys.modules.items()
        if "dask-runner-" in str(getattr(module, "__file__", None))
    ]
    return loaded + [folder for folder in sys.path if "dask-runner-" in folder]
