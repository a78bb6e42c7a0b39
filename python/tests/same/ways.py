"""The ways to run a script, and what is compared of a run."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from conftest import ENVIRONMENT, Cluster, Run
from emulator.conftest import Emulator
from theirs import Theirs
from yarn.cloud_job import Job
from yarn.conftest import Master

from same.cases import Case

WORKERS: dict[str, Any] = {"kind": "fixed", "count": 2}
SECONDS = 300
RECORDS = Path(__file__).parent / "plain"
#: The topic that each run of the tests compares.
USUAL = "world"
#: And these: clients in tasks read settings that others do not.
ALSO = ("get_client_in_task", "queue_between_tasks")
KEY = r"(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
LOGGED = r"^\d{4}-\d\d-\d\d [\d:,]+ - (?:distributed|tornado)\S* - .*\n?"
#: Of a connection or a queue that has ended, with what has caused it.
TRACEBACK = (
    r"(?:Traceback \(most recent call last\):\n(?: .*\n)+\S.*\n\n"
    r"(?:The above exception was the direct|During handling of the above).*\n\n)*"
    r"Traceback \(most recent call last\):\n(?: .*\n)+"
    r"(?:distributed\.comm\.core\.CommClosedError|tornado\.iostream\.StreamClosedError|OSError"
    # Of a worker that has left, in the thread that waits for its nanny's word.
    r"|TypeError: 'NoneType' object cannot be interpreted as an integer)"
    r".*\n?"
)


@dataclass(frozen=True)
class Result:
    """What a run has done, as far as it is compared."""

    output: str
    code: int
    files: dict[str, str]
    error: object = None


def is_usual(case: Case) -> bool:
    """Tell whether each run of the tests compares a case."""
    return case.topic == USUAL or case.name in ALSO


def lay_out(case: Case, folder: Path) -> Path:
    """Write a case's files, and return the script's path."""
    for name, text in {**case.files, case.path: case.text}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / case.path


def variables(case: Case, folder: Path) -> dict[str, str]:
    return {name: value.format(folder=folder) for name, value in case.environment.items()}


def plain(case: Case, folder: Path) -> Result:
    """Run it by ``python script.py``, where Dask sees as many processors as clusters here have."""
    script = lay_out(case, folder)
    output = folder.parent / "output"
    with output.open("wb") as file:
        done = subprocess.run(
            [sys.executable, str(script), *case.args],
            cwd=script.parent,
            env={**ENVIRONMENT, "PYTHONUNBUFFERED": "1", **variables(case, folder)},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            timeout=SECONDS,
            preexec_fn=use_two_processors if hasattr(os, "sched_setaffinity") else None,
            check=False,
        )
    return result_of(case, folder, output.read_bytes(), done.returncode)


def use_two_processors() -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: WORKERS["count"]])


def product(case: Case, folder: Path, root: Path, cluster: Cluster | None, fork: bool) -> Result:
    """Run it on a cluster that is made for it, or on one that is given."""
    script = lay_out(case, folder)
    own = cluster is None
    if cluster is None:
        cluster = Cluster(
            root, workers=WORKERS, memoryLimit="auto", security="tls", startWorkers="withScript"
        ).start(fork=fork)
        assert cluster.state["state"] == "running", cluster.state
    run = Run(
        root,
        script,
        cluster,
        args=list(case.args),
        environment=variables(case, folder),
        releaseCluster=own,
    ).start(launcher=fork)
    return ended(case, folder, run)


def ended(case: Case, folder: Path, run: Run) -> Result:
    """Wait for a run on this machine."""
    status = run.wait(SECONDS)
    code = status["exitCode"]
    if status["signal"] is not None:
        code = -signal.Signals[status["signal"]]
    return result_of(case, folder, run.output, code, status["error"])


def attached(case: Case, folder: Path, root: Path, theirs: Theirs) -> Result:
    """Run it on a scheduler that somebody else has started."""
    script = lay_out(case, folder)
    run = theirs.run(root, script, args=list(case.args), environment=variables(case, folder))
    return ended(case, folder, run)


def on_yarn(case: Case, folder: Path, master: Master, bucket: Emulator) -> Result:
    """Run it as a job of a cloud, with workers in containers."""
    script = PurePosixPath(case.path)
    parent = script.parent.as_posix()
    files = {**case.files, case.path: case.text}
    changes: dict[str, Any] = {
        "target": {"kind": "file", "path": case.path},
        "args": list(case.args),
        # Where it is on the master is told to nobody before it is there.
        "environment": variables(case, Path("FOLDER")),
    }
    job = Job(bucket, master, dict(files), ["" if parent == "." else parent], **changes)
    code = job.run(SECONDS)
    for name in {*case.files, case.path}:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for one in job.result.get("files", []):
        if one["name"] not in files:
            path = folder / one["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(job.get(f"files/{one['name']}"))
    text = re.sub(r"(?m)^\n?dask-runner: .*\n", "", job.output)
    text = re.sub(r"(?m)^The Dask cluster of this machine is not running.*\n", "", text)
    # On the master, and in containers.
    text = re.sub(r"/\S*?/jobs/job-\w+/code(?=[/'\")\s]|$)", "FOLDER", text)
    text = re.sub(r"/\S*?/container_\w+/code/[0-9a-f]{64}", "FOLDER", text)
    text = re.sub(r"tls://127(?:\.\d+){3}:\d+", "ADDRESS", text)
    if code > 128:
        code = 128 - code
    return result_of(
        case, folder, text.encode(errors="surrogateescape"), code, job.result.get("error")
    )


class Expected:
    """What plain Python does, run once for each script.

    What it did with the same script, Python, packages and way to look at it is recorded beside the
    scripts, for those that each test run compares; with ``DASK_TEST_SAME_PLAIN``, a folder, it is
    kept there for all. Where a run of ours is different, plain Python is asked again.
    """

    def __init__(self) -> None:
        kept = os.environ.get("DASK_TEST_SAME_PLAIN")
        self._kept = Path(kept) if kept else None
        self._records = os.environ.get("DASK_TEST_SAME_RECORD") == "1"
        self._known: dict[str, Result] = {}
        self._new: set[str] = set()
        installed = sorted(f"{one.name} {one.version}" for one in metadata.distributions())
        version = f"{sys.platform} {sys.implementation.name} {sys.version_info[:3]}"
        looks = [inspect.getsource(one) for one in (plain, result_of, shape)]
        self._with = [version, *installed, LOGGED, TRACEBACK, *looks]

    def of(self, case: Case, folder: Path) -> Result:
        """Return it for a script."""
        if case.name not in self._known:
            path = next((path for path in self._paths(case) if path.exists()), None)
            if path is None:
                return self.anew(case, folder)
            self._known[case.name] = Result(**json.loads(path.read_text()))
        return self._known[case.name]

    def anew(self, case: Case, folder: Path) -> Result:
        """Return it as it is now, in these tests."""
        if case.name not in self._new:
            self._new.add(case.name)
            self._known[case.name] = plain(case, folder)
            for path in self._paths(case):
                if path.parent != RECORDS or (self._records and is_usual(case)):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    for old in path.parent.glob(f"{case.name}-????????????????.json"):
                        old.unlink()
                    text = json.dumps(asdict(self._known[case.name]), indent=2, ensure_ascii=False)
                    path.write_text(f"{text}\n")
        return self._known[case.name]

    def _paths(self, case: Case) -> list[Path]:
        run = [case.text, case.files, case.args, case.environment, case.path, case.unordered]
        key = hashlib.sha256("\n".join([repr(run), *self._with]).encode()).hexdigest()
        folders = [RECORDS] if self._kept is None else [self._kept, RECORDS]
        return [folder / f"{case.name}-{key[:16]}.json" for folder in folders]


def result_of(case: Case, folder: Path, output: bytes, code: int, error: object = None) -> Result:
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and "__pycache__" not in name and name not in {*case.files, case.path}:
            files[name] = shape(path.read_bytes(), folder)
    text = shape(output, folder)
    if case.unordered:
        text = "\n".join(sorted(set(text.splitlines())))
    shutil.rmtree(folder, ignore_errors=True)
    return Result(text, code, files, error)


def shape(data: bytes, folder: Path) -> str:
    """Return text without what is another one in each run."""
    text = data.decode("utf-8", "backslashreplace")
    text = text.replace(str(folder), "FOLDER")
    # What Dask's own processes log is a matter of their time: so is which of them is the first to
    # see that another one has gone.
    text = re.sub(rf"(?m){LOGGED}(?:{TRACEBACK})?", "", text)
    # Several tests at once want the same port for their dashboards.
    text = re.sub(r"(?m)^\S+: UserWarning: Port \d+ is already in use\.\n(.*\n){3}", "", text)
    # Of functions, whose keys hold the path of their script, and of what is random.
    text = re.sub(rf"(?m)^((?:Key|Task): .*?)-{KEY}", r"\1-KEY", text)
    text = re.sub(r"(tcp|tls)://127\.0\.0\.1:\d+", "ADDRESS", text)
    return re.sub(r" at 0x[0-9a-f]+", " at 0x…", text)
