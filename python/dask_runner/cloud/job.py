"""The driver of a Dataproc job: it runs a script on the Dask cluster of its machine.

Usage: ``python -m dask_runner.cloud.job gs://BUCKET/…/job.json``
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from dask_runner.base.activation import activated
from dask_runner.base.files import now, read_json, write_json
from dask_runner.base.processes import adopt_orphans
from dask_runner.cloud.bring_back import BringBack
from dask_runner.cloud.cluster_start import ensure_cluster
from dask_runner.cloud.errors import CancelError, JobError
from dask_runner.cloud.home import Home
from dask_runner.cloud.orders import CloudOrders
from dask_runner.cloud.result import Result
from dask_runner.cloud.storage import Storage, StorageError
from dask_runner.cloud.time_limit import TimeLimit
from dask_runner.cloud.worker_output import WorkerPrints
from dask_runner.code.archive import ArchiveError, check, unpack
from dask_runner.run.cluster_client import ClusterClient
from dask_runner.run.driver import DriverError, check_target, start_process
from dask_runner.run.driver_watch import DriverWatch
from dask_runner.run.ending import LeftOvers
from dask_runner.run.order import Order
from dask_runner.run.outcome import Outcome
from dask_runner.run.report import RunReport
from dask_runner.world.settings import text_of, variable_of
from dask_runner.world.world import ELSEWHERE

#: The cluster may end for want of work while a job registers.
ATTEMPTS = 3
FAILED = 1


class CloudJob:
    """One job, from its orders to its last word.

    Parameters
    ----------
    home
        Where things are on this machine.
    storage
        The bucket's service.
    orders
        What to do.
    """

    def __init__(self, home: Home, storage: Storage, orders: CloudOrders) -> None:
        self._home = home
        self._storage = storage
        self._orders = orders
        self._result = Result(storage, orders.folder, orders.id)
        self._limit = TimeLimit(orders.max_run_seconds)
        self._watch = DriverWatch(self._limit.over)
        self._folder: Path | None = None

    def run(self) -> int:
        """Do all of it; return the exit code."""
        self._watch.catch_signals()
        try:
            code = self._run()
        except (JobError, DriverError) as error:
            code = self._fail(error.code, str(error))
        except CancelError:
            print("The run was cancelled before the script had started.", flush=True)
            self._result.note(endedAt=now(), signal="SIGTERM")
            self._result.write()
            code = 128 + signal.SIGTERM
        except Exception as error:
            traceback.print_exc()
            code = self._fail(
                "jobFailed",
                f"{self._orders.name} cannot be run: {type(error).__name__}: {error}. "
                "Run it again.",
            )
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
        return code

    def _run(self) -> int:
        orders = self._orders
        archive, code = self._fetch_code()
        self._result.note(codeFolder=str(code))
        cluster, count = self._register(archive)
        try:
            return self._run_driver(cluster, count, code)
        finally:
            cluster.end_job(orders.id)

    def _fetch_code(self) -> tuple[Path, Path]:
        """Return the archive, and the folder that it is unpacked in."""
        orders = self._orders
        try:
            self._folder = self._home.job_folder(orders.id)
            archive, code = self._folder / "code.zip", self._folder / "code"
            self._storage.download(orders.code_uri, archive)
        except StorageError as error:
            raise JobError(
                "codeMissing",
                f"{orders.name} cannot be run: its code cannot be had: {error}. "
                f"{_remedy(error, 'Run it again: the code is uploaded anew.')}",
            ) from error
        except OSError as error:
            raise JobError(
                "storageNotWritable",
                f"{orders.name} cannot be run: its code cannot be written to the master's disk: "
                f"{error}. Choose a larger disk for the master, or a new cluster.",
            ) from error
        try:
            check(archive, orders.archive.sha256)
            shutil.rmtree(code, ignore_errors=True)
            unpack(archive, code)
        except ArchiveError as error:
            raise JobError(
                "codeDamaged",
                f"{orders.name} cannot be run: the archive of its code, {orders.code_uri}, is "
                f"damaged: {error}. Delete that object and run it again: it is uploaded anew.",
            ) from error
        return archive, code

    def _register(self, archive: Path) -> tuple[ClusterClient, int]:
        """Make sure that the cluster lives, and that its workers have the code."""
        orders = self._orders
        given = {
            "path": str(archive),
            "sha256": orders.archive.sha256,
            "importFolders": list(orders.archive.import_folders),
        }
        for attempt in range(1, ATTEMPTS + 1):
            cluster = ensure_cluster(self._home, self._watch.cancelled)
            try:
                count = cluster.register(orders.id, given)
            except OSError as error:
                ending = cluster.is_ending() or not cluster.is_alive()
                if not ending or attempt == ATTEMPTS:
                    raise JobError(
                        "codeNotShared",
                        f"{orders.name} cannot be run: its code could not be brought to the "
                        f"workers: {error}. Run it again, or on a new cluster.",
                    ) from error
                continue
            if not cluster.is_ending():
                return cluster, count
        raise JobError(
            "clusterLost",
            f"{orders.name} cannot be run: the cluster has ended. "
            f"{cluster.end_reason() or ''} Run it again.",
        )

    def _run_driver(self, cluster: ClusterClient, count: int, code: Path) -> int:
        order = self._orders.order(code, self._home.cluster, cluster.state() or {})
        check_target(order)
        assert self._folder is not None
        report = RunReport(self._folder, order, cluster)
        report.measurements = count
        if self._watch.cancelled():
            raise CancelError
        # Not before: the cluster process, where this one starts it, is no descendant of it.
        adopt_orphans()
        self._result.note(startedAt=now())
        self._limit.begin()
        written = BringBack(self._folder, code)
        prints = WorkerPrints(self._folder / "workers.log")
        environment = self._driver_environment(order, code, prints.path)
        prints.begin()
        pid = start_process(order, environment, 1, self._watch.ended, 2)
        outcome, was_ended = self._watch.follow(pid, cluster)
        late = outcome.cancelled and self._limit.over()
        error = (
            self._limit.error(order.name)
            if late
            else outcome.error(order.name, self._folder, cluster)
        )
        self._result.note(exitCode=outcome.code, signal=outcome.signal, endedAt=now(), error=error)
        left = LeftOvers(pid, hurry=was_ended).end()
        self._result.note(leftOver=left)
        # First of all: whoever has asked for a cancel may not wait for long.
        self._result.write()
        written.take(cluster, self._orders.id, self._result)
        prints.end()
        if late or not outcome.cancelled:
            name = report.take()
            self._result.note(reportMissing=report.missing)
            if name is not None:
                self._result.add_report(self._folder / name)
        self._result.write()
        if error is not None:
            say(error["message"])
        return exit_code(outcome)

    def _driver_environment(self, order: Order, code: Path, prints: Path) -> dict[str, str]:
        """Return the driver's environment, and note what its workers need not be told."""
        assert self._folder is not None
        base = activated(dict(os.environ))
        about = self._folder / "driver.json"
        write_json(about, {"code": str(code), "environment": base})
        settings = {variable_of(key): text_of(value) for key, value in self._settings().items()}
        environment = order.driver_environment({**base, **settings}, prints)
        return {**environment, ELSEWHERE: str(about)}

    def _settings(self) -> dict[str, Any]:
        """Return the settings of Dask's that the cluster's profile has."""
        spec = read_json(self._home.cluster / "spec.json") or {}
        return dict(spec.get("config") or {})

    def _fail(self, code: str, message: str) -> int:
        self._result.note(endedAt=now(), error={"code": code, "message": message})
        self._result.write()
        say(message)
        return FAILED


def exit_code(outcome: Outcome) -> int:
    """Return what a shell would say of a script that has ended so."""
    if outcome.code is not None:
        return outcome.code
    number = getattr(signal, outcome.signal or "", None)
    return 128 + int(number) if number is not None else FAILED


def say(message: str) -> None:
    """Write the last lines of the job's output."""
    sys.stdout.flush()
    print(f"\ndask-runner: {message}", file=sys.stderr, flush=True)


def _remedy(error: StorageError, usual: str) -> str:
    if error.status == 403:
        return "Let the cluster's service account read and write the staging bucket."
    return usual


def run(uri: str) -> int:
    """Run the job of these orders; return the exit code."""
    storage = Storage()
    try:
        data = storage.read(uri)
    except StorageError as error:
        message = (
            f"The job cannot be run: its orders cannot be had: {error}. "
            f"{_remedy(error, 'They may have been deleted. Run it again.')}"
        )
        _fail_beside(storage, uri, "ordersMissing", message)
        return FAILED
    try:
        orders = CloudOrders.parse(uri, data)
    except JobError as error:
        _fail_beside(storage, uri, error.code, str(error))
        return FAILED
    return CloudJob(Home.find(), storage, orders).run()


def _fail_beside(storage: Storage, uri: str, code: str, message: str) -> None:
    """Write the result beside orders that cannot be read: they lie in the job's folder."""
    folder, _, _name = uri.rpartition("/")
    if folder.startswith("gs://"):
        result = Result(storage, folder, folder.rpartition("/")[2])
        result.note(endedAt=now(), error={"code": code, "message": message})
        result.write()
    say(message)


def main() -> NoReturn:
    """Run the job that the command line names."""
    if len(sys.argv) != 2:
        print("usage: python -m dask_runner.cloud.job gs://BUCKET/NAME/job.json", file=sys.stderr)
        sys.exit(2)
    code = run(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that wait for a driver or a server keep nobody waiting.
    os._exit(code)


if __name__ == "__main__":
    main()
