"""Workers that take over a script's world, and what runs on a cluster that stays share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import ENVIRONMENT, Cluster, Run, wait_until

Script = Callable[..., Path]
MakeCluster = Callable[..., Cluster]

LEAVE = """
import os
from dask.distributed import Client, WorkerPlugin
def leave():
    import os, decimal
    os.environ["A"] = "1"
    decimal.getcontext().prec = 7
    os.chdir("/")
class Mine(WorkerPlugin):
    name = "mine"
    def setup(self, worker):
        worker.mine = 42
if __name__ == "__main__":
    client = Client()
    client.run(leave)
    client.register_plugin(Mine())
    print(sorted(client.run(os.getpid).values()))
"""
LOOK = """
import json, os
from dask.distributed import Client
def look(dask_worker):
    import os, decimal
    here = os.path.basename(os.getcwd())
    prec = decimal.getcontext().prec
    return [here, os.environ.get("A"), prec, getattr(dask_worker, "mine", None)]
if __name__ == "__main__":
    client = Client()
    print(json.dumps([list(client.run(look).values()), sorted(client.run(os.getpid).values())]))
"""


def kept(make: MakeCluster, **changes: Any) -> Cluster:
    return make(ephemeral=False, startWorkers="withScript", **changes).start()


def output(run: Run) -> str:
    assert run.wait()["state"] == "succeeded", run.output
    return run.output.decode()


def first_line(run: Run) -> Any:
    """Return what it printed: on a slow machine, Dask may have more to say at its end."""
    return json.loads(output(run).splitlines()[0])


def test_nothing_of_a_run_is_in_the_next_one(make_cluster: MakeCluster, script: Script) -> None:
    cluster = kept(make_cluster)
    first = first_line(cluster.submit(script(LEAVE, "one/leave.py")))
    looked, second = first_line(cluster.submit(script(LOOK, "two/look.py")))
    assert looked == [["two", None, 28, None]]
    assert not set(first) & set(second)
    assert cluster.state["state"] == "running"


FORGETS = """
import os, time
from dask.distributed import Client, fire_and_forget, wait
def write(path):
    with open(path, "a") as file:
        file.write("once\\n")
def linger():
    time.sleep(3600)
if __name__ == "__main__":
    client = Client()
    done = client.submit(write, os.path.abspath("written.txt"))
    wait(done)
    # Dask holds it for ever.
    fire_and_forget(done)
    fire_and_forget([client.submit(linger, pure=False) for _ in range(3)])
    while len(client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))) < 4:
        time.sleep(0.01)
"""
TASKS = """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks)))
    print(client.submit(abs, -1).result())
"""


def test_tasks_that_a_run_has_forgotten_are_not_run_in_the_next_one(
    make_cluster: MakeCluster, script: Script
) -> None:
    cluster = kept(make_cluster)
    first = script(FORGETS, "one/forgets.py")
    output(cluster.submit(first))
    assert output(cluster.submit(script(TASKS, "two/tasks.py"))).splitlines()[:2] == ["[]", "1"]
    assert (first.parent / "written.txt").read_text() == "once\n"


def test_shared_workers_keep_what_they_have(make_cluster: MakeCluster, script: Script) -> None:
    cluster = kept(make_cluster, sharedWorkers=True)
    first = first_line(cluster.submit(script(LEAVE, "one/leave.py")))
    looked, second = first_line(cluster.submit(script(LOOK, "two/look.py")))
    assert looked == [["", "1", 28, 42]] or looked == [["", "1", 7, 42]]
    assert first == second


def test_published_data_outlives_its_run(make_cluster: MakeCluster, script: Script) -> None:
    cluster = kept(make_cluster)
    publish = (
        "import os\nfrom dask.distributed import Client\nif __name__ == '__main__':\n"
        "    client = Client()\n"
        "    future = client.submit(os.getpid)\n"
        "    client.publish_dataset(data=future)\n"
        "    print(future.result())\n"
    )
    read = (
        "from dask.distributed import Client\nif __name__ == '__main__':\n"
        "    client = Client()\n    print(client.get_dataset('data').result())\n"
    )
    assert output(cluster.submit(script(publish, "publish.py"))) == output(
        cluster.submit(script(read, "read.py"))
    )


SPEAK = """
import logging
from dask.distributed import Client
def speak():
    print("of a task")
    logging.getLogger("distributed.worker").warning("of Dask")
if __name__ == "__main__":
    with Client() as client:
        client.submit(speak, pure=False).result()
        if not client.list_datasets():
            client.publish_dataset(kept=client.submit(abs, -1))
"""


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "published data"])
def test_what_tasks_print_on_workers_that_stay_is_in_the_output_of_their_run(
    make_cluster: MakeCluster, script: Script, shared: bool
) -> None:
    cluster = kept(make_cluster, sharedWorkers=shared)
    first = cluster.submit(script(SPEAK))
    before = output(first)
    second = output(cluster.submit(script(SPEAK)))
    for text in (before, second):
        assert text.count("of a task") == text.count("of Dask") == 1, text
    assert output(first) == before


SCALES = """
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print(len(client.ncores()))
        client.cluster.scale(3)
        client.wait_for_workers(3)
"""


def test_workers_that_a_script_asks_for_are_not_those_of_the_next(
    make_cluster: MakeCluster, script: Script
) -> None:
    cluster = kept(make_cluster)
    count = str(cluster.state["workers"]["count"])
    assert output(cluster.submit(script(SCALES))).split() == [count]
    assert cluster.state["workers"]["count"] == 3
    assert output(cluster.submit(script(SCALES))).split() == [count]
    # What a user asks for stays.
    assert cluster.post("scale", {"kind": "fixed", "count": 1})[0] == 200
    for _ in range(2):
        assert output(cluster.submit(script(SCALES))).split() == ["1"]


def test_two_runs_at_once_never_share(make_cluster: MakeCluster, script: Script) -> None:
    cluster = kept(make_cluster)
    waits = (
        "import os, sys, time\nfrom dask.distributed import Client\nif __name__ == '__main__':\n"
        "    client = Client()\n    print('connected')\n"
        "    while not os.path.exists(sys.argv[1]): time.sleep(.02)\n"
        "    print(client.submit(sum, [1, 2]).result())\n"
    )
    path = script(waits)
    go = path.parent / "go"
    first = cluster.submit(path, args=[str(go)])
    wait_until(lambda: b"connected" in first.output, what=str(first.output))
    second = cluster.submit(script(LOOK, "look.py"))
    status = second.wait()
    assert (status["state"], status["exitCode"]) == ("failed", 1)
    assert b"RuntimeError: Cluster failed to start: Another run has begun" in second.output
    go.touch()
    assert output(first) == "connected\n3\n"


def test_shutdown_is_no_failure_and_there_is_a_report(
    make_cluster: MakeCluster, script: Script
) -> None:
    cluster = make_cluster(startWorkers="withScript").start()
    path = script(
        "from dask.distributed import Client\nif __name__ == '__main__':\n"
        "    client = Client()\n    result = client.submit(sum, [1, 2]).result()\n"
        "    client.shutdown()\n    print('over')\n"
        "    open('r.txt', 'w').write(str(result))\n"
        "    print(Client().submit(sum, [3, 4]).result())\n"
        "    raise ValueError('bad column in plot')\n"
    )
    run = cluster.submit(path, report=True, releaseCluster=True)
    status = run.wait()
    assert (status["state"], status["exitCode"], status["error"]) == ("failed", 1, None)
    assert run.output.startswith(b"over\n7\nTraceback")
    assert run.output.endswith(b"ValueError: bad column in plot\n")
    assert (path.parent / "r.txt").read_text() == "3"
    report = (run.folder / status["report"]).read_text()
    assert "Dask Performance Report" in report


MARKED = """
import logging, sys, warnings
from dask.distributed import Client
logging.basicConfig(format="%(message)s")
def task(number):
    print(f"printed {number}", end="\\n\\n")
    sys.stdout.write("in two ")
    print("parts", flush=True)
    logging.getLogger("mine").warning("logged")
    warnings.warn("careful")
    logging.getLogger("distributed.worker").warning("of Dask")
if __name__ == "__main__":
    client = Client()
    client.submit(task, 1, key="one").result()
    print("of the driver")
"""


def test_each_line_of_a_worker_is_marked_where_that_is_wanted(
    make_cluster: MakeCluster, script: Script
) -> None:
    cluster = kept(make_cluster, workers={"kind": "fixed", "count": 1})
    lines = output(cluster.submit(script(MARKED), markWorkers=True)).splitlines()
    driver = [line for line in lines if not line.startswith("worker-")]
    assert driver == ["of the driver"]
    names = {line.partition(" | ")[0] for line in lines if line not in driver}
    assert len(names) == 1
    marked = [line.partition(" | ")[2] for line in lines if line not in driver]
    assert marked[:4] == ["printed 1", "", "in two parts", "logged"]
    assert "UserWarning: careful" in marked[4]
    assert marked[-1].endswith(" - distributed.worker - WARNING - of Dask")
    # The next run does as it likes.
    assert "worker-" not in output(cluster.submit(script(MARKED)))


LOG_FILE = """
[loggers]
keys = root, distributed
[handlers]
keys = file
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers =
[logger_distributed]
level = INFO
handlers = file
qualname = distributed
propagate = 0
[handler_file]
class = FileHandler
formatter = plain
args = ("{folder}/dask.log",)
[formatter_plain]
format = %(name)s %(message)s
"""


def test_dask_logs_as_a_file_says(
    make_cluster: MakeCluster, script: Script, tmp_path: Path
) -> None:
    script(LOG_FILE.format(folder=tmp_path), "log.ini")
    script(f"logging-file-config: {tmp_path}/log.ini\n", "config/log.yaml")
    given = {"DASK_CONFIG": f"{tmp_path}/config"}
    path = script(
        "import logging\n"
        "from dask.distributed import Client\n"
        "def task():\n"
        "    logging.getLogger('distributed.worker').warning('of a task')\n"
        "if __name__ == '__main__':\n"
        "    client = Client()\n"
        "    client.submit(task).result()\n"
        "    logging.getLogger('distributed').warning('of the script')\n"
    )
    # Nothing that was forked has read it.
    cluster = make_cluster()
    cluster.start(environment={**ENVIRONMENT, **given}, fork=False)
    assert cluster.state["state"] == "running", cluster.state
    run = Run(cluster.root, path, cluster, environment=given).start(launcher=False)
    assert output(run) == ""
    logged = (tmp_path / "dask.log").read_text()
    assert "distributed of the script" in logged
    assert "distributed.worker of a task" in logged


def test_workers_go_with_the_last_client(make_cluster: MakeCluster, script: Script) -> None:
    cluster = make_cluster(startWorkers="withScript").start()
    path = script(
        "import os, sys, time\nfrom dask.distributed import Client\nif __name__ == '__main__':\n"
        "    with Client() as client: print(*client.run(os.getpid).values())\n"
        "    while not os.path.exists(sys.argv[1]): time.sleep(.02)\n"
        "    with Client() as client: print(*client.run(os.getpid).values())\n"
    )
    go = path.parent / "go"
    run = cluster.submit(path, args=[str(go)])
    wait_until(lambda: run.output.endswith(b"\n"))
    worker = int(run.output)
    wait_until(lambda: not psutil.pid_exists(worker))
    go.touch()
    first, second = output(run).split()
    assert first != second


def test_a_worker_that_cannot_start_fails_client(make_cluster: MakeCluster, script: Script) -> None:
    cluster = make_cluster(startWorkers="withScript").start()
    path = script(
        "from dask.distributed import Client\n"
        "if __name__ == '__mp_main__': raise ValueError('not in workers')\n"
        "if __name__ == '__main__':\n    Client()\n"
    )
    run = cluster.submit(path, releaseCluster=True)
    assert run.wait()["state"] == "failed"
    assert b"ValueError: not in workers" in run.output
    assert b"RuntimeError: " in run.output
