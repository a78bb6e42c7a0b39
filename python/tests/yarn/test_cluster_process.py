"""The cluster process around a cluster on YARN, started as an initialization action starts it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ENVIRONMENT, Cluster, read, wait_until

from yarn.conftest import Yarn, processes

pytestmark = pytest.mark.xdist_group("yarn")
SECRET = "5ecret" * 8
# Ports are fixed: each cluster has an address of its own.
HOSTS = (f"127.93.{os.getpid() % 250}.{number}" for number in itertools.count(1))


class YarnProcess(Cluster):
    """One cluster process, and how to start it."""

    def __init__(self, root: Path, yarn: Yarn, **changes: Any) -> None:
        self.yarn = yarn
        self.address = next(HOSTS)
        super().__init__(
            root,
            **{
                "kind": "yarn",
                "memoryLimit": "256MiB",
                "security": "tls",
                "queue": "default",
                "httpSecret": SECRET,
                **changes,
            },
        )

    def up(self, wait: bool = True) -> YarnProcess:
        variables = {
            **ENVIRONMENT,
            "DASK_YARN__HOST": self.address,
            "DASK_YARN__CLASSPATH": self.yarn.info["classpath"],
            "JAVA_HOME": str(Path(self.yarn.info["java"]).parents[1]),
        }
        self.start(wait, variables)
        return self

    def joined(self, count: int) -> dict[str, Any]:
        """Wait for so many workers, and return them by their names."""

        def workers() -> dict[str, Any] | None:
            found = {one["name"]: one for one in self.identity()["workers"].values()}
            return found if len(found) == count else None

        found: dict[str, Any] = wait_until(workers, 60, f"{count} workers: {self.get()}")
        return found

    def identity(self) -> dict[str, Any]:
        import json
        from urllib import request

        with request.urlopen(f"{self.state['httpUrl']}/json/identity.json", timeout=30) as answer:
            value: dict[str, Any] = json.loads(answer.read())
        return value

    def applications(self) -> list[dict[str, Any]]:
        """Return its applications, the oldest first."""
        apps = self.yarn.ask("apps")["apps"]
        own = [app for app in (apps or {"app": []})["app"] if app["name"] == self.id]
        return sorted(own, key=lambda app: app["startedTime"])


@pytest.fixture
def make_process(root: Path, yarn: Yarn) -> Iterator[Callable[..., YarnProcess]]:
    made: list[YarnProcess] = []

    def make(**changes: Any) -> YarnProcess:
        made.append(YarnProcess(root, yarn, **changes))
        spec = read(made[-1].folder / "spec.json") | {"name": made[-1].id}
        (made[-1].folder / "spec.json").write_text(__import__("json").dumps(spec))
        return made[-1]

    yield make
    for cluster in made:
        if hasattr(cluster, "process"):
            cluster.stop()
        wait_until(lambda c=cluster: not processes(str(c.folder)), 60, "processes left")


@pytest.fixture(scope="module")
def shared_process(root: Path, yarn: Yarn) -> Iterator[YarnProcess]:
    cluster = YarnProcess(
        root,
        yarn,
        workers={"kind": "fixed", "count": 1},
        environment={"CANARY": "tweet-1"},
        config={
            "distributed.worker.memory.spill": 0.61,
            "distributed.scheduler.work-stealing": False,
        },
    ).up()
    yield cluster
    cluster.stop()


def test_it_is_there_for_others_at_its_ports(shared_process: YarnProcess) -> None:
    cluster = shared_process
    state = cluster.state
    assert (state["state"], state["stage"], state["launcher"]) == ("running", "ready", None), state
    assert state["schedulerAddress"] == f"tls://{cluster.address}:8786"
    assert state["httpUrl"] == f"http://{cluster.address}:8787/{SECRET}"
    for path in state["tls"].values():
        assert Path(path).stat().st_mode & 0o777 == 0o600
    cluster.joined(1)
