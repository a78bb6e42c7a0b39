"""Jobs on emulated clusters whose machines run YARN."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import wait_until
from google.cloud import dataproc_v1

from .conftest import PROJECT, REGION, Emulator, started

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
    client.wait_for_workers(3, timeout=120)
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
    wait_until(lambda: cluster.metric("memory-mb-pending") > 0, 120, "the third worker has no room")

    def grown() -> bool:
        # Cooldown periods pass at once.
        emulator.request("POST", "/_emulator/clock", {"jumpSeconds": 61})
        return cluster.now().config.worker_config.num_instances > 2

    wait_until(grown, 120, "the autoscaler adds a machine")

    def done() -> dataproc_v1.Job | None:
        found = emulator.jobs.get_job(**PLACE, job_id="job-1")
        return found if found.done else None

    ended: dataproc_v1.Job = wait_until(done, 120, "the job ends")
    output = emulator.output(ended)
    assert ended.status.state == State.DONE, output
    assert f"sum {sum(number * number for number in range(50))}\n" in output
    assert "nodes 3\n" in output
    assert cluster.now().config.worker_config.num_instances == 3
    assert [(app.name, app.state.name) for app in ended.yarn_applications] == [
        ("dask", "FINISHED"),
    ]
    wait_until(lambda: cluster.metric("containers-allocated") == 0, 60)
    emulator.clusters.delete_cluster(**cluster.place).result(timeout=120)
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
        emulator.clusters.update_cluster(request=request).result(timeout=120)

    secondary(1)
    assert cluster.metric("nodes-active") == 3
    emulator.request("POST", "/_emulator/preempt", {"cluster": "nodes", "count": 1})
    wait_until(lambda: cluster.metric("nodes-lost") == 1, 60, "YARN misses the machine")
    wait_until(lambda: cluster.metric("nodes-active") == 3, 60, "another comes")
    secondary(0)
    assert cluster.metric("nodes-decommissioned") == 1
    assert cluster.metric("nodes-active") == 2
    emulator.clusters.delete_cluster(**cluster.place).result(timeout=120)
    assert cluster.left() == []


def test_nothing_outlives_the_emulator() -> None:
    with started("--yarn") as emulator:
        cluster = Running(emulator, "orphan", software_config={"properties": ALONE})
        assert cluster.metric("nodes-active") == 1
        for process in psutil.Process(emulator.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "--yarn" in process.cmdline():
                    process.kill()
        wait_until(lambda: not cluster.left(), 60, "its processes end")
