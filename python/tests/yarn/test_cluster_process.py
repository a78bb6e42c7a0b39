"""The cluster process around a cluster on YARN, started as an initialization action starts it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import wait_until

from yarn.conftest import SECRET, Master, Yarn

pytestmark = pytest.mark.xdist_group("yarn")


@pytest.fixture(scope="module")
def master(root: Path, yarn: Yarn) -> Iterator[Master]:
    """One that tests share; each sets the size that it needs."""
    master = Master(
        root,
        yarn,
        environment={"CANARY": "tweet-1"},
        config={
            "distributed.worker.memory.spill": 0.61,
            "distributed.scheduler.work-stealing": False,
        },
    )
    yield master.up()
    master.down()


def test_it_is_there_for_others_at_its_ports(master: Master) -> None:
    state = master.state
    assert (state["state"], state["stage"]) == ("running", "ready"), state
    assert state["schedulerAddress"] == f"tls://{master.address}:8786"
    assert state["httpUrl"] == f"http://{master.address}:8787/{SECRET}"
    for path in state["tls"].values():
        assert Path(path).stat().st_mode & 0o777 == 0o600
    master.joined(1)


def test_settings_reach_scheduler_and_workers(master: Master) -> None:
    with master.client() as client:
        client.wait_for_workers(1, 60)

        def seen() -> tuple[object, ...]:
            import os

            import dask

            names = ("worker.memory.spill", "scheduler.work-stealing")
            return (os.environ["CANARY"], *(dask.config.get(f"distributed.{n}") for n in names))

        assert set(client.run(seen).values()) == {("tweet-1", 0.61, False)}
        assert client.run_on_scheduler(seen) == ("tweet-1", 0.61, False)
        (worker,) = client.scheduler_info(n_workers=-1)["workers"].values()
        assert worker["memory_limit"] == 256 * 2**20


def test_it_scales_and_says_what_waits(master: Master) -> None:
    assert master.post("scale", {"kind": "fixed", "count": 100})[0] == 200
    # What cannot run yet waits; the cluster works meanwhile.
    wait_until(lambda: len(master.names()) >= 2, what="more workers")
    assert 50 < master.get()["pending"] < 100
    assert master.post("scale", {"kind": "fixed", "count": 1})[0] == 200
    master.joined(1)
    wait_until(lambda: master.get()["pending"] == 0, what="requests taken back")
    wanted = {"kind": "adaptive", "minimum": 2, "maximum": 3}
    assert master.post("scale", wanted)[0] == 200
    master.joined(2)
    assert master.state["workers"] == master.get()["workers"] == wanted
    master.post("scale", {"kind": "fixed", "count": 1})
    master.joined(1)


def test_a_restart_keeps_containers(master: Master) -> None:
    (name,) = master.joined(1)
    with master.client() as client:
        before = client.run(os.getpid)
        assert master.post("restart") == (200, {"restarted": 1})
        wait_until(lambda: master.names() == {name}, 30, "the same worker")
        assert set(client.run(os.getpid).values()).isdisjoint(before.values())


def test_why_a_worker_has_ended_is_told(master: Master) -> None:
    (name,) = master.joined(1)
    with master.client() as client:
        (pid,) = client.run(os.getppid).values()
    os.kill(pid, signal.SIGKILL)
    ended = wait_until(lambda: [one for one in master.get()["ended"] if one["name"] == name])
    assert (ended[0]["kind"], ended[0]["exitStatus"]) == ("killed", 137)
    assert "killed by SIGKILL" in ended[0]["reason"]
    assert ended[0]["at"] > master.state["startedAt"]
    assert ended[0]["node"] and ended[0]["container"].startswith("container_")
    others = master.joined(1)
    assert name not in others
    logs = master.get("logs")["logs"]
    assert set(logs) == {"scheduler", name, *others}
    # How it ended, and what it wrote before.
    assert "killed by SIGKILL" in logs[name].splitlines()[0]
    assert "Start worker at" in logs[name]


def test_a_shutdown_ends_the_application(master: Master) -> None:
    # The last test on it.
    assert master.post("shutdown", {"reason": "It was enough."})[0] == 200
    master.gone()
    assert (master.state["state"], master.state["endReason"]) == ("closed", "It was enough.")
    assert not (master.folder / "tls").exists()
    (application,) = master.applications()
    ended = master.yarn.ended(application["id"])
    assert (ended["state"], ended["finalStatus"]) == ("FINISHED", "SUCCEEDED")


def test_an_application_that_yarn_ends_fails_the_cluster(
    make_master: Callable[..., Master],
) -> None:
    master = make_master(workers={"kind": "fixed", "count": 0}).up()
    (application,) = master.applications()
    master.yarn.do("killApplication", id=application["id"])
    state = master.wait_for("failed")
    assert state["error"]["code"] == "yarnFailed"
    assert "YARN has ended the application (killed)" in state["error"]["message"]
    master.gone()


def test_a_start_that_fails_says_why(make_master: Callable[..., Master]) -> None:
    large = make_master(memoryLimit="5GiB").up()
    taken = make_master()
    with socket.create_server((taken.address, 8786)):
        taken.up()
    for master, code, words in [
        (large, "yarnRefused", ["5120 MiB", "worker_memory"]),
        (taken, "portInUse", ["8786"]),
    ]:
        error = master.state["error"]
        assert error["code"] == code, error
        assert all(word in error["message"] for word in words), error
        master.gone()
