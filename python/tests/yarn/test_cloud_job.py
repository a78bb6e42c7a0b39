"""Jobs of a cloud: orders in a bucket, a script on workers elsewhere, a result in the bucket."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import wait_until
from emulator.conftest import Emulator

from yarn.cloud_job import Job, packed
from yarn.conftest import Master, Yarn

pytestmark = pytest.mark.xdist_group("yarn")


@pytest.fixture(scope="module")
def master(root: Path, yarn: Yarn) -> Iterator[Master]:
    """One whose cluster the first job starts, and all others use."""
    master = Master(root, yarn)
    yield master
    master.down()


MAIN = """
import os, sys
from distributed import Client
import helper
from package.inner import where

print("in", os.path.relpath(".", os.path.dirname(__file__)), sys.argv[1:], os.environ["K"])
sys.stderr.write("to stderr\\n")
print("and back")
with Client() as client:
    client.wait_for_workers(1, timeout=60)
    print("result", client.submit(helper.answer, 2).result(), client.submit(where).result())
"""


def test_a_script_and_its_modules_run_on_workers(bucket: Emulator, master: Master) -> None:
    files = {
        "main.py": MAIN,
        "helper.py": "def answer(n): return n + 40",
        "src/package/inner.py": "import helper\ndef where(): return helper.__name__",
    }
    job = Job(bucket, master, files, args=["a", "b c"], environment={"K": "v"}, report=True)
    assert job.run() == 0, job.output
    assert "in . ['a', 'b c'] v\nto stderr\nand back\nresult 42 helper\n" in job.output
    result = job.result
    assert (result["id"], result["exitCode"], result["signal"]) == (job.id, 0, None)
    assert (result["error"], result["report"]) == (None, "performance-report.html"), result
    assert b"<html" in job.get("performance-report.html")


FIRST = """
from distributed import Client
import helper, extra
with Client() as client:
    print([client.submit(f).result() for f in (helper.which, extra.which)])
"""
SECOND = """
from distributed import Client
import helper

def lookup():
    import importlib.util
    return helper.which(), importlib.util.find_spec("extra") is None

with Client() as client:
    client.wait_for_workers(2, timeout=60)
    answers = client.run(lookup)
    submitted = client.submit(helper.which).result()
    print(len(answers), set(answers.values()), submitted, client.run_on_scheduler(lookup))
"""


def test_modules_of_successive_runs_never_mix(bucket: Emulator, master: Master) -> None:
    first = {
        "main.py": FIRST,
        "helper.py": "def which(): return 'first'",
        "src/extra.py": "def which(): return 'extra'",
    }
    job = Job(bucket, master, first)
    assert job.run() == 0, job.output
    assert "['first', 'extra']" in job.output
    second = {"main.py": SECOND, "src/helper.py": "def which(): return 'second'"}
    job = Job(bucket, master, second).start()
    # A worker that joins when the run has begun has its code, too.
    wait_until(lambda: job.id in master.get()["jobs"])
    assert master.post("scale", {"kind": "fixed", "count": 2})[0] == 200
    assert job.wait() == 0, job.output
    assert "2 {('second', True)} second ('second', True)" in job.output
    master.post("scale", {"kind": "fixed", "count": 1})


def test_each_end_is_told(bucket: Emulator, master: Master) -> None:
    def start(text: str, **changes: Any) -> Job:
        return Job(bucket, master, {"main.py": text, "src/tasks/etl.py": TASK}, **changes).start()

    fails = start("def f():\n    raise ValueError('oh no')\nf()")
    exits = start("import sys; sys.exit(7)")
    killed = start("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    target = {"kind": "function", "module": "tasks.etl", "function": "run"}
    late = start("import time; print('begun'); time.sleep(600)", maxRunSeconds=1, report=True)
    calls = start("", target=target, args=["--day", "2026-01-01"])

    assert fails.wait() == 1
    script = f"{fails.result['codeFolder']}/main.py"
    assert f'File "{script}", line 2, in f\n' in fails.output
    assert fails.output.endswith("ValueError: oh no\n")
    assert (fails.result["exitCode"], fails.result["error"]) == (1, None)
    assert not Path(script).exists()

    assert (exits.wait(), exits.result["exitCode"]) == (7, 7), exits.output
    assert killed.wait() == 128 + signal.SIGKILL
    assert (killed.result["exitCode"], killed.result["signal"]) == (None, "SIGKILL")
    assert killed.result["error"]["code"] == "driverKilled"
    assert killed.output.rstrip().endswith(killed.result["error"]["message"])
    assert late.wait() == 128 + signal.SIGINT
    assert "begun\n" in late.output
    assert late.result["error"]["code"] == "runTooLong"
    assert "after 1 second" in late.result["error"]["message"]
    assert late.get("performance-report.html")
    assert calls.wait() == 0, calls.output
    assert calls.output.endswith("day 2026-01-01\n")


TASK = """
def run(day):
    print("day", day)
"""
LONG = """
import os, subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
print("child", child.pid, flush=True)
try:
    time.sleep(600)
finally:
    print("tidied up", flush=True)
"""


def test_a_cancel_ends_the_script_and_what_it_started(bucket: Emulator, master: Master) -> None:
    job = Job(bucket, master, {"main.py": LONG}, report=True).start()
    assert job.process.stdout is not None
    lines = iter(job.process.stdout.readline, b"")
    child = int(next(line for line in lines if line.startswith(b"child")).split()[1])
    assert job.id in master.get()["jobs"]
    job.process.send_signal(signal.SIGTERM)
    assert job.wait() == 128 + signal.SIGINT
    assert "tidied up" in job.output
    assert (job.result["signal"], job.result["error"]) == ("SIGINT", None)
    assert job.result["endedAt"]
    assert not psutil.pid_exists(child)
    # The cluster is not one of the job's processes, though a job has started it.
    assert master.get()["jobs"] == []


def test_jobs_that_cannot_be_run_say_why(bucket: Emulator, master: Master) -> None:
    missing = Job(bucket, master, {"main.py": ""})
    folder = f"dask-runner/jobs/{missing.id}-none"
    missing.folder = folder
    damaged = Job(bucket, master, {"main.py": f"# {uuid.uuid4()}"})
    damaged.put(damaged.code, packed({"main.py": "print('another')"}))
    lost = Job(bucket, master, {"main.py": f"# {uuid.uuid4()}"})
    bucket.request("DELETE", f"/storage/v1/b/code/o/{lost.code.replace('/', '%2F')}")
    wrong = Job(bucket, master, {"main.py": ""}, target={"kind": "file", "path": "../x.py"})
    absent = Job(bucket, master, {"main.py": "pass"}, target={"kind": "file", "path": "gone.py"})
    for job, code, words in [
        (missing.start(), "ordersMissing", ["No such object", "job.json"]),
        (damaged.start(), "codeDamaged", [damaged.code, "SHA-256", "run it again"]),
        (lost.start(), "codeMissing", ["No such object", lost.code]),
        (wrong.start(), "jobInvalid", ["outside of the archive"]),
        (absent.start(), "fileMissing", ["gone.py"]),
    ]:
        assert job.wait() == 1
        error = job.result["error"]
        assert error["code"] == code, job.output
        assert all(word in error["message"] for word in words), error
        assert job.output.endswith(f"dask-runner: {error['message']}\n")


def test_a_cluster_that_does_not_start_says_why(
    bucket: Emulator, make_master: Callable[..., Master]
) -> None:
    refused = Job(bucket, make_master(queue="stopped"), {"main.py": ""}).start()
    broken = make_master()
    python = broken.home / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho the disk is made of cheese\nexit 3\n")
    python.chmod(0o755)
    fails = Job(bucket, broken, {"main.py": ""}).start()
    bare = make_master()
    (bare.folder / "spec.json").unlink()
    nothing = Job(bucket, bare, {"main.py": ""}).start()
    for job, code, words in [
        (refused, "yarnRefused", ['"stopped"', "takes no applications"]),
        (fails, "clusterNotStarted", ["the disk is made of cheese"]),
        (nothing, "clusterNotPrepared", ["initialization action"]),
    ]:
        assert job.wait() == 1
        error = job.result["error"]
        assert error["code"] == code, job.output
        assert all(word in error["message"] for word in words), error
        assert error["message"] in job.output


def test_an_idle_cluster_ends_and_the_next_job_starts_it_again(
    bucket: Emulator, make_master: Callable[..., Master]
) -> None:
    master = make_master(idleTimeoutSeconds=1)
    files = {
        "main.py": FIRST,
        "helper.py": "def which(): return 1",
        "extra.py": "from helper import *",
    }
    assert Job(bucket, master, files).run() == 0
    first = master.wait_for("closed")
    assert first["endReason"] == "No work for 1 second."
    (application,) = master.applications()
    ended = master.yarn.ended(application["id"])
    assert (ended["state"], ended["finalStatus"]) == ("FINISHED", "SUCCEEDED")
    job = Job(bucket, master, files)
    assert job.run() == 0, job.output
    assert "[1, 1]" in job.output
    assert master.state["pid"] != first["pid"]
    assert len(master.applications()) == 2
