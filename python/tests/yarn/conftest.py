from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib import error, request

import psutil
import pytest
from conftest import ENVIRONMENT, Cluster, wait_until
from distributed import Client
from emulator.conftest import Emulator, started

from dask_runner import YarnCluster
from dask_runner.yarn import EndedWorker

MAIN = Path(__file__).resolve().parents[3] / "test" / "yarn" / "main.mjs"
#: Three containers of the smallest worker, or one of a large one.
NODE_MEMORY = 2304
SMALL = "256MiB"


class Yarn:
    """A ResourceManager and NodeManagers, driven from here."""

    def __init__(self, *arguments: str, java: str = "", jars: str = "") -> None:
        node = os.environ.get("DASK_TEST_NODE", "node")
        other = {"DASK_TEST_JAVA": java, "DASK_TEST_HADOOP": jars} if java else {}
        self.process = subprocess.Popen(
            [node, MAIN, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**ENVIRONMENT, **other},
        )
        assert self.process.stdout is not None and self.process.stdin is not None
        line = self.process.stdout.readline()
        assert line, "YARN did not start; see above. `npm run test:python` sets up what it needs."
        self.info: dict[str, Any] = json.loads(line)
        self.folder = Path(self.info["configuration"]).parent

    def do(self, op: str, **given: Any) -> Any:
        assert self.process.stdout is not None and self.process.stdin is not None
        self.process.stdin.write(json.dumps({"op": op, **given}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["ok"], answer
        return answer["result"]

    def ask(self, what: str) -> Any:
        try:
            with request.urlopen(f"{self.info['web']}/ws/v1/cluster/{what}", timeout=30) as answer:
                return json.loads(answer.read())
        except error.HTTPError:
            return None

    def application(self, app_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"apps/{app_id}")["app"]
        return found

    def ended(self, app_id: str) -> dict[str, Any]:
        """Return an application that was told to end: YARN accepts that before it is done."""
        over = ("FINISHED", "FAILED", "KILLED")
        wait_until(lambda: self.application(app_id)["state"] in over, 30)
        return self.application(app_id)

    def metrics(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("metrics")["clusterMetrics"]
        return found

    def count(self) -> int:
        apps = self.ask("apps")["apps"]
        return 0 if apps is None else len(apps["app"])

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def processes(mark: str) -> list[psutil.Process]:
    """Return the processes whose environment or command line holds this."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if mark in str(process.environ()) or mark in str(process.cmdline()):
                found.append(process)
    return found


def remains(app_id: str) -> list[psutil.Process]:
    """Return the processes of an application's containers."""
    return processes(f"/appcache/{app_id}/")


def ended_after(cluster: YarnCluster, count: int) -> EndedWorker:
    """Return the worker that ends next, when so many had ended before."""
    wait_until(lambda: len(cluster.ended_workers) > count, what="a worker ends")
    return cluster.ended_workers[count]


@pytest.fixture(scope="session")
def yarn() -> Iterator[Yarn]:
    """Two machines that all tests share; who takes one away adds another first."""
    yarn = Yarn("--nodes", "2", "--memory", str(NODE_MEMORY))
    os.environ["DASK_YARN__CLASSPATH"] = yarn.info["classpath"]
    os.environ["JAVA_HOME"] = str(Path(yarn.info["java"]).parents[1])
    yield yarn
    yarn.stop()
    assert not processes(f"{yarn.folder}/")


@pytest.fixture
def make(yarn: Yarn) -> Iterator[Callable[..., YarnCluster]]:
    made: list[YarnCluster] = []

    def make(n_workers: int = 1, **changes: Any) -> YarnCluster:
        options = {
            "worker_memory": SMALL,
            "host": "127.0.0.1",
            "classpath": yarn.info["classpath"],
            **changes,
        }
        made.append(YarnCluster(n_workers, **options))
        return made[-1]

    yield make
    ids = [cluster.app_id for cluster in made]
    for cluster in made:
        cluster.close()
    wait_until(lambda: not any(remains(app_id) for app_id in ids if app_id), what="workers left")


@pytest.fixture(scope="module")
def cluster(yarn: Yarn) -> Iterator[YarnCluster]:
    """One that tests share; each sets the size that it needs."""
    with YarnCluster(
        worker_memory=SMALL,
        host="127.0.0.1",
        classpath=yarn.info["classpath"],
        worker_env={"CANARY": "tweet-8561"},
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: YarnCluster) -> Iterator[Client]:
    with Client(cluster) as client:
        yield client


SECRET = "5ecret" * 8
# Ports are fixed: each cluster process has an address of its own.
HOSTS = (f"127.93.{os.getpid() % 250}.{number}" for number in itertools.count(1))


class Master(Cluster):
    """A machine as an initialization action leaves it: the cluster process can be started there."""

    def __init__(self, root: Path, yarn: Yarn, **changes: Any) -> None:
        self.yarn = yarn
        self.address = next(HOSTS)
        self.name = f"dask-{uuid.uuid4().hex[:10]}"
        spec = {
            "kind": "yarn",
            "name": self.name,
            "memoryLimit": SMALL,
            "security": "tls",
            "queue": "default",
            "httpSecret": SECRET,
        }
        super().__init__(root, **{**spec, **changes})
        self.home = root / "homes" / self.id
        self.home.mkdir(parents=True)
        self.folder = self.folder.rename(self.home / "cluster")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **ENVIRONMENT,
            "DASK_RUNNER_HOME": str(self.home),
            "DASK_YARN__HOST": self.address,
            "DASK_YARN__CLASSPATH": self.yarn.info["classpath"],
            "JAVA_HOME": str(Path(self.yarn.info["java"]).parents[1]),
        }

    def up(self) -> Master:
        # Nobody has a process there that it could be forked from.
        self.start(environment=self.environment, fork=False)
        return self

    def down(self) -> None:
        """End the cluster process, whoever has started it, and see that nothing is left."""
        for process in processes(str(self.folder)):
            with contextlib.suppress(psutil.Error):
                if "cluster" in process.cmdline():
                    process.send_signal(signal.SIGTERM)
        if hasattr(self, "process"):
            self.process.wait(60)
        wait_until(lambda: not processes(str(self.home)), what="processes left")

    def names(self) -> set[str]:
        """Return the names of the workers that have joined."""
        url = f"{self.state['httpUrl']}/json/identity.json"
        with request.urlopen(url, timeout=30) as answer:
            workers = json.loads(answer.read())["workers"].values()
        return {worker["name"] for worker in workers}

    def joined(self, count: int) -> set[str]:
        wait_until(lambda: len(self.names()) == count, what=f"{count}: {self.get()}")
        return self.names()

    def applications(self) -> list[dict[str, Any]]:
        """Return its applications, the oldest first."""
        apps = (self.yarn.ask("apps")["apps"] or {"app": []})["app"]
        own = [app for app in apps if app["name"] == self.name]
        return sorted(own, key=lambda app: int(app["startedTime"]))


@pytest.fixture(scope="module")
def bucket() -> Iterator[Emulator]:
    """Cloud Storage, in a bucket named code."""
    with started() as emulator:
        yield emulator


@pytest.fixture
def make_master(root: Path, yarn: Yarn) -> Iterator[Callable[..., Master]]:
    made: list[Master] = []

    def make(**changes: Any) -> Master:
        made.append(Master(root, yarn, **changes))
        return made[-1]

    yield make
    for master in made:
        master.down()
