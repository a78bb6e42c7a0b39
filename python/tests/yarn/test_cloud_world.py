"""A script on a cloud's machines finds its world in its tasks, as under plain Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from emulator.conftest import Emulator

from yarn.cloud_job import Job
from yarn.conftest import Master, Yarn

pytestmark = pytest.mark.xdist_group("yarn")


@pytest.fixture(scope="module")
def master(root: Path, yarn: Yarn) -> Iterator[Master]:
    """One that is kept: jobs use it one after the other, each with workers of its own."""
    master = Master(
        root,
        yarn,
        ephemeral=False,
        startWorkers="withScript",
        workers={"kind": "fixed", "count": 2},
        config={"distributed.worker.memory.spill": 0.61},
    )
    yield master
    master.down()


WORLD = """
import json, os, sys
from pathlib import Path

import dask
from distributed import Client, get_worker

sys.path.insert(0, str(Path(__file__).parent / "more"))
os.environ["SET"] = "by the script"
os.environ.pop("TAKEN", None)
dask.config.set({"my.own": 7})

NAMES = ("my.own", "distributed.worker.memory.spill")
CHILD = "import helper; print(helper.NAME)"

class Row:
    pass

def look(number):
    import shutil, subprocess
    import extra
    import __main__

    Path(f"part-{number}.txt").write_text(str(number))
    return {
        "read": Path("data/a.csv").read_text(),
        "variables": [os.environ.get(name) for name in ("GIVEN", "SET", "TAKEN")],
        "arguments": sys.argv[1:],
        "settings": [dask.config.get(name) for name in NAMES],
        "extra": extra.NAME,
        "child": subprocess.check_output(["python", "-c", CHILD], text=True),
        "python": shutil.which("python") == sys.executable,
        "beside": Path.cwd().name,
        "main": isinstance(__main__.Row(), object),
    }

if __name__ == "__main__":
    with Client() as client:
        print("workers", len(client.run(os.getpid)), client.cluster.name)
        pids = client.run(os.getpid)
        names = sorted(client.scheduler_info()["workers"])
        first, second = (client.submit(look, n, workers=[name]) for n, name in enumerate(names))
        assert {**first.result(), "read": 0} == {**second.result(), "read": 0}
        print(json.dumps(first.result()))
    Path("made").mkdir()
    Path("made/result.csv").write_text("a,b")
    Path("data/a.csv").write_text("changed")
"""


def test_tasks_find_the_world_of_their_script(bucket: Emulator, master: Master) -> None:
    files = {
        "jobs/main.py": WORLD,
        "jobs/data/a.csv": "4",
        "jobs/more/extra.py": "NAME = 'extra'",
        "jobs/helper.py": "NAME = 'helper'",
    }
    job = Job(
        bucket,
        master,
        files,
        target={"kind": "file", "path": "jobs/main.py"},
        import_folders=["jobs"],
        args=["a", "b c"],
        environment={"GIVEN": "in the order", "TAKEN": "away"},
    )
    assert job.run() == 0, job.output
    first, seen = [line for line in job.output.splitlines() if line[0] in "w{"]
    assert first == f"workers 2 {master.name}"
    assert json.loads(seen) == {
        "read": "4",
        "variables": ["in the order", "by the script", None],
        "arguments": ["a", "b c"],
        "settings": [7, 0.61],
        "extra": "extra",
        "child": "helper\n",
        "python": True,
        "beside": "jobs",
        "main": True,
    }
    # What driver and workers have written is not lost with their machines.
    names = ["jobs/data/a.csv", "jobs/made/result.csv", "jobs/part-0.txt", "jobs/part-1.txt"]
    assert [one["name"] for one in job.result["files"]] == names
    assert job.result["lostFiles"] == []
    content = [job.get(f"files/{name}") for name in names]
    assert content == [b"changed", b"a,b", b"0", b"1"]


AGAIN = """
from pathlib import Path
from distributed import Client

def read(name):
    return Path(name).read_text()

def write(name):
    Path(name).write_text("by a worker")

if __name__ == "__main__":
    with open("large.bin", "wb") as file:
        file.truncate(65 * 2**20)
    for name in ("first", "second"):
        Path("written.txt").write_text(name)
        with Client() as client:
            print(client.submit(read, "written.txt").result())
            client.submit(write, f"{name}.txt").result()
    Path("large.bin").unlink()
"""


def test_files_are_there_for_workers_that_come_later_and_kept_from_those_that_go(
    bucket: Emulator, master: Master
) -> None:
    job = Job(bucket, master, {"main.py": AGAIN})
    assert job.run() == 0, job.output
    lines = job.output.splitlines()
    assert [line for line in lines if line in ("first", "second")] == ["first", "second"]
    # What is too much to be sent is told of.
    assert any(line.startswith("The workers do not get large.bin (65 MiB), ") for line in lines)
    files = {one["name"]: job.get(f"files/{one['name']}") for one in job.result["files"]}
    by_workers = dict.fromkeys(["first.txt", "second.txt"], b"by a worker")
    assert files == {**by_workers, "written.txt": b"second"}


PRINTS = """
import logging, os, sys, time, warnings
from distributed import Client

def speak():
    print("from a task")
    print("of an error", file=sys.stderr)
    logging.getLogger("mine").warning("logged")
    warnings.warn("be warned")

if __name__ == "__main__":
    with Client() as client:
        client.submit(speak).result()
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.05)
        client.submit(print, "the last word", end="").result()
"""


def test_what_tasks_print_is_in_the_output_at_once(
    bucket: Emulator, master: Master, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = Job(bucket, master, {"main.py": PRINTS}, args=[str(gate)]).start()
    assert job.process.stdout is not None
    lines = []
    for line in iter(job.process.stdout.readline, b""):
        lines.append(line.decode())
        # While the script goes on.
        if len({"from a task\n", "of an error\n", "logged\n"} & {*lines}) == 3:
            gate.touch()
    assert job.process.wait() == 0, lines
    output = "".join(lines)
    assert "UserWarning: be warned" in output
    assert output.endswith("the last word")
    assert " - INFO - " not in output


LEAVES = """
import os, sys
import helper
from distributed import Client, WorkerPlugin

def leave():
    os.environ["TRACE"] = "left"
    open("trace.txt", "w").write("left")

def look():
    import importlib.util
    print("looking")
    gone = importlib.util.find_spec("only_first") is None
    return os.environ.get("TRACE"), os.path.exists("trace.txt"), gone, helper.NAME

class Left(WorkerPlugin):
    name = "left"

if __name__ == "__main__":
    with Client() as client:
        found = set(client.run(look).values())
        print(found, client.run(lambda dask_worker: "left" in dask_worker.plugins).values())
        print("PIDS", sorted(client.run(os.getpid).values()))
        client.run(leave)
        client.register_plugin(Left())
        if "publish" in sys.argv:
            client.publish_dataset(kept=client.submit(abs, -1))
"""


def test_nothing_of_one_run_is_found_by_the_next(bucket: Emulator, master: Master) -> None:
    def run(name: str, *args: str, **more: str) -> tuple[str, str, set[str]]:
        files = {"main.py": LEAVES, "helper.py": f"NAME = {name!r}", **more}
        job = Job(bucket, master, files, args=[*args], markWorkers=name == "two")
        assert job.run() == 0, job.output
        found, pids = [line for line in job.output.splitlines() if line[0] in "{P"]
        printed = [line for line in job.output.splitlines() if line.endswith("looking")]
        return found, pids, {re.sub(r"\d+", "N", line) for line in printed}

    first, before, printed = run("one", only_first="")
    assert printed == {"looking"}
    second, after, printed = run("two", "publish")
    assert printed == {"worker-N | looking"}
    third, shared, _ = run("three")
    assert "{(None, False, True, 'one')} dict_values([False, False])" in first
    assert "{(None, False, True, 'two')} dict_values([False, False])" in second
    assert before != after
    # Data that was published stays, and so do the workers that hold it; the code is the run's own.
    assert shared == after
    assert "('left', " in third
    assert "'three'" in third


def test_workers_are_shared_where_that_is_wanted(
    bucket: Emulator, make_master: Callable[..., Master]
) -> None:
    master = make_master(ephemeral=False, sharedWorkers=True)

    def run(name: str) -> str:
        job = Job(bucket, master, {"main.py": LEAVES, "helper.py": f"NAME = {name!r}"})
        assert job.run() == 0, job.output
        return job.output

    first, second = run("one"), run("two")
    assert "'one'" in first and "'two'" in second
    pids = [line for line in (first + second).splitlines() if line.startswith("PIDS")]
    assert pids[0] == pids[1]


FAILS = """
from distributed import Client
client = Client(timeout=60)
print(client, client.run(lambda: __import__("os").environ["PYTHONPATH"]))
"""


def test_workers_that_do_not_come_fail_the_script(
    bucket: Emulator, make_master: Callable[..., Master], tmp_path: Path
) -> None:
    (tmp_path / "distributed.py").write_text("raise SystemExit('not this one')")
    master = make_master(startWorkers="withScript", environment={"PYTHONPATH": str(tmp_path)})
    job = Job(bucket, master, {"main.py": FAILS})
    assert job.run() == 1, job.output
    assert "Cluster failed to start: No more workers are asked for: 3 in a row" in job.output
