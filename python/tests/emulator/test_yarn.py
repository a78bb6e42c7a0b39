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
    pytest.mark.xdist_group("yarn"),
    pytest.mark.skipif(sys.platform != "linux", reason="each machine has a loopback address"),
]

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


@pytest.fixture
def yarn_emulator() -> Iterator[Emulator]:
    with started("--yarn") as emulator:
        yield emulator


def left(mark: str) -> list[list[str]]:
    """Return the commands of the processes whose environment or command line holds this."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if mark in str(process.environ()) or mark in str(command):
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
    cluster = emulator.cluster(
        "grow",
        config={
            "autoscaling_config": {"policy_uri": policy_uri},
            "software_config": {
                "properties": {
                    "spark-env:PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                    "spark:spark.pyspark.driver.python": sys.executable,
                }
            },
        },
    )
    mark = cluster.cluster_uuid
    # A ResourceManager, two NodeManagers, and who watches over them.
    assert len(left(mark)) == 4

    def now() -> dataproc_v1.Cluster:
        return emulator.clusters.get_cluster(**PLACE, cluster_name="grow")

    def metric(name: str) -> int:
        return int(now().metrics.yarn_metrics.get(f"yarn-{name}", -1))

    assert metric("nodes-active") == 2
    job: Any = {
        "reference": {"job_id": "job-1"},
        "placement": {"cluster_name": "grow"},
        "pyspark_job": {"main_python_file_uri": emulator.upload("job.py", JOB)},
    }
    emulator.jobs.submit_job(**PLACE, job=job)
    wait_until(lambda: metric("memory-mb-pending") > 0, 120, "the third worker has no room")

    def grown() -> bool:
        # Cooldown periods pass at once.
        emulator.request("POST", "/_emulator/clock", {"jumpSeconds": 61})
        return now().config.worker_config.num_instances > 2

    wait_until(grown, 120, "the autoscaler adds a machine")

    def done() -> dataproc_v1.Job | None:
        found = emulator.jobs.get_job(**PLACE, job_id="job-1")
        return found if found.done else None

    ended: dataproc_v1.Job = wait_until(done, 120, "the job ends")
    output = emulator.output(ended)
    assert ended.status.state == State.DONE, output
    assert f"sum {sum(number * number for number in range(50))}\n" in output
    assert "nodes 3\n" in output
    assert now().config.worker_config.num_instances == 3
    assert [(app.name, app.state.name) for app in ended.yarn_applications] == [
        ("dask", "FINISHED"),
    ]
    wait_until(lambda: metric("containers-allocated") == 0, 60)
    emulator.clusters.delete_cluster(**PLACE, cluster_name="grow").result(timeout=120)
    assert left(mark) == []
