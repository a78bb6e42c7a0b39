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

from dask_runner.base.files import FileLock, read_json, redirect_output
from dask_runner.base.processes import kill_session
from dask_runner.cluster.hosting import Hosting
from dask_runner.cluster.process import ClusterProcess
from dask_runner.cluster.spec import Spec
from dask_runner.cluster.state import StartError, StateFile, mark_lost


def main(command: str, arguments: list[str]) -> int:
    """Run the cluster of one folder until it ends; return the exit code."""
    parser = argparse.ArgumentParser(prog=f"dask_runner {command}")
    parser.add_argument("--folder", type=Path, required=True)
    return run(parser.parse_args(arguments).folder.absolute())


def run(
    folder: Path,
    imported_with: dict[str, str] | None = None,
    certificate: Path | None = None,
) -> int:
    """Run the cluster of one folder until it ends; return the exit code.

    Parameters
    ----------
    folder
        The cluster's folder.
    imported_with
        The environment in which the process has imported Dask that this one was forked from; None
        where it was started.
    certificate
        A folder with a certificate that was made ahead for it.
    """
    lock = FileLock(folder / "lock")
    if not lock.acquire():
        return 0
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
    return run_cluster(folder, state, imported_with, certificate)


def may_start_again(folder: Path) -> bool:
    """Tell whether a cluster that has ended is started again by whoever needs it next."""
    return (read_json(folder / "spec.json") or {}).get("kind") == "yarn"


def hosting_of(folder: Path, spec: Spec, imported_with: dict[str, str] | None) -> Hosting:
    """Return how a cluster is started."""
    if spec.kind == "yarn":
        from dask_runner.hosted.yarn_hosting import YarnHosting

        return YarnHosting(folder, spec)
    from dask_runner.hosted.local_hosting import LocalHosting

    return LocalHosting(folder, spec, imported_with)


def run_cluster(
    folder: Path,
    state: StateFile,
    imported_with: dict[str, str] | None,
    certificate: Path | None,
) -> int:
    """Run a cluster whose lock is held, and leave its last state; return the exit code."""
    code = 0
    failure: StartError | None = None
    hosting: Hosting | None = None
    try:
        spec = Spec.read(folder)
        hosting = hosting_of(folder, spec, imported_with)
        ClusterProcess(folder, spec, state, hosting, certificate).run()
    except StartError as error:
        failure = error
    except BaseException as error:
        traceback.print_exc()
        failure = StartError(
            "clusterStartFailed",
            f"The cluster failed: {type(error).__name__}: {error}. Its log says more.",
        )
    end_processes()
    if hosting is not None:
        hosting.ended()
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
    from dask_runner.base.processes import descendants

    for process in descendants(os.getpid()):
        with contextlib.suppress(Exception):
            process.kill()


def last_reason(state: StateFile) -> str:
    """Return why the cluster ended."""
    return state.value.get("endReason") or "It was shut down."
