"""Jobs on emulated clusters whose machines run YARN."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import wait_until
from google.cloud import dataproc_v1

from .conftest import PATIENCE, PROJECT, REGION, Emulator, started

PLACE = {"project_id": PROJECT, "region": REGION}
State = dataproc_v1.JobStatus.State
# A ResourceManager and several NodeManagers are enough at a time.
pytestmark = [
    pytest.mark.xdist_group("emulator-yarn"),
    pytest.mark.skipif(sys.platform != "linux", reason="each machine has a loopback address"),
]

#: A master without workers is a node itself.
ALONE = {"dataproc:dataproc.allow.zero.workers": "true"}

#: One worker fills most of a machine: those of n2-standard-4 have 13108 MiB for YARN.
JOB = """
import time
from dask_runner import YarnCluster

with YarnCluster(n_workers=2, worker_memory="10GiB") as cluster, cluster.get_client() as client:
    client.wait_for_workers(2)
    print("application", cluster.app_id, flush=True)
    results = client.map(lambda number: number * number, range(50))
    print("sum", client.submit(sum, results).result(), flush=True)
    cluster.scale(3)
    client.wait_for_workers(3, timeout=300)
    workers = client.scheduler_info(-1)["workers"].values()
    print("nodes", len({worker["host"] for worker in workers}))
"""


@pytest.fixture(scope="module")
def yarn_emulator() -> Iterator[Emulator]:
    with started("--yarn") as emulator:
        yield emulator


class Running:
    """A cluster of the emulator's, as its service reports it."""

    def __init__(self, emulator: Emulator, name: str, **config: Any) -> None:
        self.emulator = emulator
        self.place = {**PLACE, "cluster_name": name}
        #: In the environment or command line of all its processes.
        self.mark: str = emulator.cluster(name, config=config).cluster_uuid

    def now(self) -> dataproc_v1.Cluster:
        return self.emulator.clusters.get_cluster(**self.place)

    def metric(self, name: str) -> int:
        return int(self.now().metrics.yarn_metrics.get(f"yarn-{name}", -1))

    def left(self) -> list[list[str]]:
        """Return the commands of its processes."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                command = process.cmdline()
                if self.mark in str(process.environ()) or self.mark in str(command):
                    found.append(command)
        return found


def test_grows_by_what_a_job_waits_for(yarn_emulator: Emulator) -> None:
    emulator = yarn_emulator
    policy = {
        "id": "grow",
        "basic_algorithm": {
            "yarn_config": {
                "graceful_decommission_timeout": {"seconds": 10},
                "scale_up_factor": 1.0,
                "scale_down_factor": 1.0,
            },
            "cooldown_period": {"seconds": 120},
        },
        "worker_config": {"min_instances": 2, "max_instances": 4},
    }
    parent = f"projects/{PROJECT}/regions/{REGION}"
    policy_uri = emulator.policies.create_autoscaling_policy(parent=parent, policy=policy).name
    properties = {
        "spark-env:PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "spark:spark.pyspark.driver.python": sys.executable,
    }
    cluster = Running(
        emulator,
        "grow",
        autoscaling_config={"policy_uri": policy_uri},
        software_config={"properties": properties},
    )
    # A ResourceManager, two NodeManagers, and who watches over them.
    assert len(cluster.left()) == 4
    assert cluster.metric("nodes-active") == 2
    job: Any = {
        "reference": {"job_id": "job-1"},
        "placement": {"cluster_name": "grow"},
        "pyspark_job": {"main_python_file_uri": emulator.upload("job.py", JOB)},
    }
    emulator.jobs.submit_job(**PLACE, job=job)
    wait_until(
        lambda: cluster.metric("memory-mb-pending") > 0, PATIENCE, "the third worker has no room"
    )

    def grown() -> bool:
        # Cooldown periods pass at once.
        emulator.request("POST", "/_emulator/clock", {"jumpSeconds": 61})
        return cluster.now().config.worker_config.num_instances > 2

    wait_until(grown, PATIENCE, "the autoscaler adds a machine")

    def done() -> dataproc_v1.Job | None:
        found = emulator.jobs.get_job(**PLACE, job_id="job-1")
        return found if found.done else None

    ended: dataproc_v1.Job = wait_until(done, PATIENCE, "the job ends")
    output = emulator.output(ended)
    assert ended.status.state == State.DONE, output
    assert f"sum {sum(number * number for number in range(50))}\n" in output
    assert "nodes 3\n" in output
    assert cluster.now().config.worker_config.num_instances == 3
    assert [(app.name, app.state.name) for app in ended.yarn_applications] == [
        ("dask", "FINISHED"),
    ]
    wait_until(lambda: cluster.metric("containers-allocated") == 0, 60)
    emulator.clusters.delete_cluster(**cluster.place).result(timeout=PATIENCE)
    assert cluster.left() == []


SCRIPT = """
from distributed import Client
import helper

with Client() as client:
    client.wait_for_workers(2, timeout=300)
    workers = client.scheduler_info(-1)["workers"].values()
    print("nodes", len({worker["host"] for worker in workers}))
    print("answers", client.gather(client.map(helper.square, range(5), pure=False)), flush=True)
    helper.fail()
"""
HELPER = """
def square(number):
    return number * number

def fail():
    raise SystemExit(3)
"""


def test_a_job_runs_its_script_on_the_cluster_of_its_machine(
    yarn_emulator: Emulator, tmp_path: Path
) -> None:
    emulator = yarn_emulator
    (tmp_path / "cluster").mkdir()
    spec = {
        "version": 1,
        "id": "one",
        "name": "runner",
        "kind": "yarn",
        "workers": {"kind": "fixed", "count": 2},
        # One fills most of a machine.
        "threadsPerWorker": 4,
        "memoryLimit": "10GiB",
        "idleTimeoutSeconds": 2,
        "httpSecret": "5ecret" * 8,
    }
    (tmp_path / "cluster" / "spec.json").write_text(json.dumps(spec))
    properties = {
        "spark-env:DASK_RUNNER_HOME": str(tmp_path),
        "spark-env:PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    cluster = Running(emulator, "runner", software_config={"properties": properties})

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("jobs/main.py", SCRIPT)
        archive.writestr("helper.py", HELPER)
    code = content.getvalue()
    upload = "/upload/storage/v1/b/code/o?uploadType=media&name="
    emulator.request("POST", f"{upload}code.zip", code)
    orders = {
        "version": 1,
        "id": "cloud-1",
        "name": "main.py",
        "target": {"kind": "file", "path": "jobs/main.py"},
        "code": {
            "uri": "gs://code/code.zip",
            "sha256": hashlib.sha256(code).hexdigest(),
            "importFolders": [""],
        },
        "folder": "gs://code/jobs/cloud-1",
    }
    uri = emulator.upload("jobs/cloud-1/job.json", json.dumps(orders))
    main = "from dask_runner.cloud.job import main; main()"
    job: Any = {
        "reference": {"job_id": "cloud-1"},
        "placement": {"cluster_name": "runner"},
        "pyspark_job": {
            "main_python_file_uri": emulator.upload("cloud_job.py", main),
            "args": [uri],
            "properties": {"spark.pyspark.driver.python": sys.executable},
        },
    }
    emulator.jobs.submit_job(**PLACE, job=job)

    def done() -> dataproc_v1.Job | None:
        found = emulator.jobs.get_job(**PLACE, job_id="cloud-1")
        return found if found.done else None

    ended: dataproc_v1.Job = wait_until(done, PATIENCE, "the job ends")
    output = emulator.output(ended)
    assert "nodes 2\nanswers [0, 1, 4, 9, 16]\n" in output
    assert ended.status.state == State.ERROR
    path = "/storage/v1/b/code/o/jobs%2Fcloud-1%2Fresult.json?alt=media"
    assert emulator.request("GET", path)["exitCode"] == 3
    # It is the cluster's own application, and outlives the job: idle, it ends by itself.
    assert list(ended.yarn_applications) == []
    wait_until(lambda: cluster.metric("containers-allocated") == 0, PATIENCE, "containers left")
    wait_until(lambda: cluster.metric("apps-completed") == 1, PATIENCE, "the application ends")
    assert "No work for 2 seconds" in (tmp_path / "cluster" / "state.json").read_text()
    emulator.clusters.delete_cluster(**cluster.place).result(timeout=PATIENCE)
    assert cluster.left() == []


def test_nodes_come_and_go_with_machines(yarn_emulator: Emulator) -> None:
    emulator = yarn_emulator
    cluster = Running(emulator, "nodes")

    def secondary(count: int) -> None:
        request = {
            **cluster.place,
            "cluster": {"config": {"secondary_worker_config": {"num_instances": count}}},
            "update_mask": {"paths": ["config.secondary_worker_config.num_instances"]},
            "graceful_decommission_timeout": {"seconds": 60},
        }
        emulator.clusters.update_cluster(request=request).result(timeout=PATIENCE)

    secondary(1)
    assert cluster.metric("nodes-active") == 3
    emulator.request("POST", "/_emulator/preempt", {"cluster": "nodes", "count": 1})
    wait_until(lambda: cluster.metric("nodes-lost") == 1, PATIENCE, "YARN misses the machine")
    wait_until(lambda: cluster.metric("nodes-active") == 3, PATIENCE, "another comes")
    secondary(0)
    assert cluster.metric("nodes-decommissioned") == 1
    assert cluster.metric("nodes-active") == 2
    emulator.clusters.delete_cluster(**cluster.place).result(timeout=PATIENCE)
    assert cluster.left() == []


def test_nothing_outlives_the_emulator() -> None:
    with started("--yarn") as emulator:
        cluster = Running(emulator, "orphan", software_config={"properties": ALONE})
        assert cluster.metric("nodes-active") == 1
        for process in psutil.Process(emulator.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "--yarn" in process.cmdline():
                    process.kill()
        wait_until(lambda: not cluster.left(), PATIENCE, "its processes end")
