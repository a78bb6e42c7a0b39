"""The command ``cluster``: one Dask cluster, from its first to its last moment."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

from dask_runner.cluster_process import ClusterProcess
from dask_runner.files import FileLock, read_json, redirect_output
from dask_runner.forked import BecomeDriver
from dask_runner.fresh import Baseline
from dask_runner.processes import kill_session
from dask_runner.spec import Spec
from dask_runner.state import StartError, StateFile, mark_lost


def main(command: str, arguments: list[str]) -> int:
    """Run the cluster of one folder until it ends; return the exit code."""
    parser = argparse.ArgumentParser(prog=f"dask_runner {command}")
    parser.add_argument("--folder", type=Path, required=True)
    folder: Path = parser.parse_args(arguments).folder.absolute()
    lock = FileLock(folder / "lock")
    if not lock.acquire():
        return 0
    Baseline.take()
    previous = StateFile.read(folder)
    if previous is not None:
        if previous.get("state") not in ("closed", "failed"):
            mark_lost(folder, previous)
        if not may_start_again(folder):
            return 0
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    (folder / "logs").mkdir(mode=0o700, exist_ok=True)
    redirect_output(folder / "logs" / "cluster.log")
    os.chdir(folder)  # nothing of ours is found, or written, where the editor was started
    state = StateFile(folder, folder.name)
    return run_cluster(folder, state, lock)


def may_start_again(folder: Path) -> bool:
    """Tell whether a cluster that has ended is started again by whoever needs it next."""
    return (read_json(folder / "spec.json") or {}).get("kind") == "yarn"


def run_cluster(folder: Path, state: StateFile, lock: FileLock) -> int:
    """Run a cluster whose lock is held, and leave its last state; return the exit code."""
    code = 0
    failure: StartError | None = None
    process: ClusterProcess | None = None
    try:
        spec = Spec.read(folder)
        process = ClusterProcess(folder, spec, state, lock)
        process.run()
    except StartError as error:
        failure = error
    except BecomeDriver:
        raise
    except BaseException as error:
        traceback.print_exc()
        failure = StartError(
            "clusterStartFailed",
            f"The cluster failed: {type(error).__name__}: {error}. Its log says more.",
        )
    end_processes()
    for used in ("work", "tls", "code"):
        shutil.rmtree(folder / used, ignore_errors=True)
    if failure is not None:
        code = 1
        state.fail(failure.code, str(failure))
    else:
        state.close(last_reason(state))
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to wait for: not for Dask's threads either.
    os._exit(code)


def end_processes() -> None:
    """Kill what is left of this process's session; elsewhere, of its children."""
    if os.name == "posix":
        kill_session(os.getpid())
        return
    from dask_runner.processes import descendants

    for process in descendants(os.getpid()):
        with contextlib.suppress(Exception):
            process.kill()


def last_reason(state: StateFile) -> str:
    """Return why the cluster ended."""
    return state.value.get("endReason") or "It was shut down."
