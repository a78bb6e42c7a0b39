"""``YarnCluster`` at work, on a real ResourceManager."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import dask
import pytest
from conftest import wait_until
from distributed import Client, Event, get_worker
from test_adaptive import RACES

from dask_runner import DaskRunner, YarnCluster
from dask_runner.yarn import EndKind
from yarn.conftest import SMALL, Yarn, ended_after

pytestmark = pytest.mark.xdist_group("yarn")


def resize(cluster: YarnCluster, client: Client, count: int) -> None:
    cluster.scale(count)
    wait_until(
        lambda: len(cluster.containers()) == len(cluster.scheduler.workers) == count,
        90,
        f"{count} workers: {cluster.ended_workers}",
    )


def pids(client: Client) -> dict[str, int]:
    return {
        client.scheduler_info(n_workers=-1)["workers"][address]["name"]: pid
        for address, pid in client.run(lambda: os.getppid()).items()
    }


def test_results_outlive_the_workers_that_made_them(
    yarn: Yarn, cluster: YarnCluster, client: Client
) -> None:
    resize(cluster, client, 3)
    before = len(cluster.ended_workers)
    futures = client.map(lambda i: (i, get_worker().name), range(60), pure=False)
    made_by = {name for _i, name in client.gather(futures)}
    assert len(made_by) == 3
    resize(cluster, client, 1)
    assert [i for i, _name in client.gather(futures)] == list(range(60))
    wait_until(lambda: len(cluster.ended_workers) == before + 2)
    assert {e.kind for e in cluster.ended_workers[before:]} == {EndKind.RETIRED}
    assert yarn.application(cluster.app_id)["runningContainers"] == 1


def test_logs_of_ended_workers_are_kept(cluster: YarnCluster, client: Client) -> None:
    resize(cluster, client, 1)
    before = len(cluster.ended_workers)
    resize(cluster, client, 0)
    name = ended_after(cluster, before).name
    log = cluster.get_logs()[name]
    assert "retired" in log and "Start worker at" in log and "End worker" in log


def test_connections_are_encrypted_and_secrets_stay_out_of_logs(
    yarn: Yarn, cluster: YarnCluster, client: Client
) -> None:
    resize(cluster, client, 1)
    assert all(address.startswith("tls://127.0.0.1") for address in cluster.scheduler.workers)
    assert client.submit(os.getenv, "CANARY").result() == "tweet-8561"
    logs = [p for p in yarn.folder.glob("node-*/logs/**/*") if p.is_file()]
    assert any(p.name == "launch_container.sh" for p in logs)
    for path in logs:
        text = path.read_text(errors="replace")
        assert "tweet-8561" not in text and "PRIVATE KEY" not in text, path
    with pytest.raises(OSError):
        Client(cluster.scheduler_address.replace("tls", "tcp"), timeout=2)


def test_the_nanny_limits_memory_below_the_container(cluster: YarnCluster, client: Client) -> None:
    resize(cluster, client, 1)
    limits = [ws.memory_limit for ws in cluster.scheduler.workers.values()]
    assert limits == [256 * 2**20]
    assert cluster.container_memory == 768 * 2**20
    assert [c.memory for c in cluster.containers().values()] == [768]


def test_pending_workers_are_pending_containers(
    yarn: Yarn, cluster: YarnCluster, client: Client
) -> None:
    resize(cluster, client, 1)
    cluster.scale(300)
    wait_until(lambda: yarn.metrics()["containersPending"] >= 290, what="containers pending")
    # In one look: containers come meanwhile.
    metrics = yarn.metrics()
    assert metrics["pendingMB"] == 768 * metrics["containersPending"]
    cluster.scale(1)
    # Too soon for YARN to have given all of them.
    wait_until(lambda: yarn.metrics()["containersPending"] == 0, 8, "requests taken back")
    resize(cluster, client, 1)
    assert cluster.plan == set(cluster.containers())


def test_it_adapts_to_the_work(cluster: YarnCluster, client: Client) -> None:
    resize(cluster, client, 0)
    adaptive = cluster.adapt(minimum=0, maximum=3, interval="200ms", wait_count=2)
    try:
        futures = client.map(lambda i: Event("go").wait(120) and i, range(24), pure=False)
        # One worker alone must not be done with the work before a second has come.
        wait_until(lambda: len(cluster.scheduler.workers) >= 2, what="more workers")
        Event("go", client=client).set()
        assert client.gather(futures) == list(range(24))
        del futures
        wait_until(lambda: not cluster.scheduler.workers, what="no workers left")
    finally:
        adaptive.stop()


def test_a_killed_worker_is_replaced_under_another_name(
    cluster: YarnCluster, client: Client
) -> None:
    resize(cluster, client, 1)
    before = len(cluster.ended_workers)
    ((name, pid),) = pids(client).items()
    os.kill(pid, signal.SIGKILL)
    ended = ended_after(cluster, before)
    assert (ended.name, ended.kind, ended.exit_status) == (name, EndKind.KILLED, 137)
    assert client.submit(lambda: get_worker().name).result(60) != name
    told = [event["name"] for _when, event in client.get_events("yarn")]
    assert name in told


def test_a_worker_that_yarn_kills_for_memory_is_replaced(
    cluster: YarnCluster, client: Client
) -> None:
    resize(cluster, client, 1)
    before = len(cluster.ended_workers)

    def devour() -> None:
        hog = "import time; x = b'x' * 900_000_000; time.sleep(60)"
        subprocess.run([sys.executable, "-c", hog])

    future = client.submit(devour, retries=0)
    ended = ended_after(cluster, before)
    future.cancel()
    assert (ended.kind, ended.exit_status) == (EndKind.MEMORY, -104)
    assert "more memory than the 768 MiB" in ended.reason
    assert client.submit(abs, -1).result(60) == 1


def test_the_same_job_as_on_a_laptop_runs_here(yarn: Yarn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    runner = DaskRunner(worker_memory=SMALL, min_workers=1, max_workers=2)
    here = {"yarn.host": "127.0.0.1", "yarn.classpath": yarn.info["classpath"]}
    with dask.config.set(here), runner.get_client() as client:
        assert client.submit(sum, [1, 2]).result() == 3
        assert client.cluster.app_id.startswith("application_")


@pytest.mark.parametrize("race", RACES)
def test_a_fixed_number_is_not_overruled(cluster: YarnCluster, race: Any) -> None:
    cluster.sync(race, cluster, callback_timeout=120)
    cluster.scale(0)
