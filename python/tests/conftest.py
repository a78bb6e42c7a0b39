from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client

PACKAGE = Path(__file__).resolve().parent.parent / "dask_runner"
MAIN = PACKAGE / "__main__.py"
sys.path.insert(0, str(PACKAGE.parent))
# What an editor's processes have; pytest changes its own as it goes.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}


def wait_until(condition: Callable[[], Any], seconds: float = 180, what: str = "") -> Any:
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.01)


def read(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return value


def written(path: Path) -> dict[str, Any]:
    """Wait for a file that somebody else writes in place, until all of it is there."""

    def whole() -> dict[str, Any]:
        with contextlib.suppress(json.JSONDecodeError):
            return read(path)
        return {}

    return dict(wait_until(whole, what=f"{path} is not written"))


class Forked:
    """A process that a zygote has forked: no child of ours."""

    def __init__(self, pid: int) -> None:
        from dask_runner.base.processes import start_token

        self.pid = pid
        self._token = start_token(pid)

    def poll(self) -> int | None:
        from dask_runner.base.processes import is_alive

        return None if self._token is not None and is_alive(self.pid, self._token) else 0

    def wait(self, seconds: float = 60) -> None:
        wait_until(lambda: self.poll() is not None, seconds, f"{self.pid} has not ended")

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The process that clusters and drivers are forked from, started as the editor starts it."""

    def __init__(self, *options: str, environment: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dask-zygote-"))
        self.process = subprocess.Popen(
            [sys.executable, MAIN, "zygote", "--folder", self.folder, *options],
            stdin=subprocess.DEVNULL,
            env=environment or ENVIRONMENT,
        )

    @property
    def state(self) -> dict[str, Any]:
        return read(self.folder / "state.json")

    def ask(self, **request: Any) -> dict[str, Any]:
        wait_until(lambda: self.state or self.process.poll() is not None)
        return ask_launcher(self.state, **request)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


FORKS = sys.platform == "linux" and (3, 10) <= sys.version_info[:2] <= (3, 13)
_zygotes: list[Zygote] = []


def zygote() -> Zygote:
    """Return the one that tests share; it ends with them."""
    if not _zygotes:
        _zygotes.append(Zygote())
        atexit.register(_zygotes[0].stop)
    return _zygotes[0]


class Cluster:
    """One cluster process, started as the editor starts it."""

    def __init__(self, root: Path, **changes: Any) -> None:
        self.id = f"c{uuid.uuid4().hex[:10]}"
        self.folder = root / "clusters" / self.id
        self.folder.mkdir(parents=True)
        self.root = root
        spec = {
            "version": 1,
            "id": self.id,
            "name": "local",
            "profile": "local",
            "createdAt": "2026-01-01T00:00:00Z",
            "ephemeral": True,
            "workers": {"kind": "fixed", "count": 1},
            "threadsPerWorker": 1,
            "memoryLimit": "1GiB",
            "idleTimeoutSeconds": 600,
            "security": "none",
            "environment": {},
            **changes,
        }
        (self.folder / "spec.json").write_text(json.dumps(spec))

    def start(
        self, wait: bool = True, environment: dict[str, str] | None = None, fork: bool = FORKS
    ) -> Cluster:
        self.process: Any
        if fork:
            given = environment or ENVIRONMENT
            answer = zygote().ask(op="cluster", folder=str(self.folder), environment=given)
            assert answer["ok"], answer
            self.process = Forked(answer["pid"])
        else:
            self.process = subprocess.Popen(
                [sys.executable, MAIN, "cluster", "--folder", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment or ENVIRONMENT,
            )
        if wait:
            self.wait_for("running", "failed", "closed")
        return self

    @property
    def state(self) -> dict[str, Any]:
        return read(self.folder / "state.json")

    def wait_for(self, *states: str, seconds: float = 120) -> dict[str, Any]:
        wait_until(lambda: self.state.get("state") in states, seconds, str(states))
        return self.state

    def gone(self, seconds: float = 60) -> None:
        """Wait until the process and all of its session have ended."""
        self.process.wait(seconds)
        wait_until(lambda: not session(self.process.pid), seconds, "processes left")

    def post(self, route: str, body: Any = None, raw: bytes | None = None) -> tuple[int, Any]:
        from urllib import error, request

        data = raw if raw is not None else json.dumps(body or {}).encode()
        url = f"{self.state['httpUrl']}/dask-runner/{route}"
        try:
            with request.urlopen(request.Request(url, data), timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except error.HTTPError as failure:
            return failure.code, json.loads(failure.read())

    def get(self, route: str = "state") -> dict[str, Any]:
        from urllib import request

        with request.urlopen(f"{self.state['httpUrl']}/dask-runner/{route}", timeout=30) as answer:
            value: dict[str, Any] = json.loads(answer.read())
        return value

    def workers(self) -> dict[str, psutil.Process]:
        """Return the worker processes by name."""
        from urllib import request

        with request.urlopen(f"{self.state['httpUrl']}/json/identity.json", timeout=30) as answer:
            identity = json.loads(answer.read())
        found = {}
        for worker in identity["workers"].values():
            for pid in session(self.process.pid):
                for connection in psutil.Process(pid).net_connections("tcp"):
                    port = int(worker["id"].rsplit(":")[-1]) if ":" in str(worker["id"]) else None
                    if port and connection.status == "LISTEN" and connection.laddr.port == port:
                        found[str(worker["name"])] = psutil.Process(pid)
        return found

    def client(self) -> Any:
        from dask_runner.remote.ask import security_of

        return Client(self.state["schedulerAddress"], security=security_of(self.state["tls"]))

    def submit(self, path: Path, launcher: bool = True, **changes: Any) -> Run:
        return Run(self.root, path, self, **changes).start(launcher)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def session(pid: int) -> list[int]:
    from dask_runner.base.processes import session_members

    return session_members(pid)


class Run:
    """One run, submitted as the editor submits it."""

    def __init__(self, root: Path, path: Path, used: Cluster | None, **changes: Any) -> None:
        self.id = f"r{uuid.uuid4().hex[:10]}"
        self.folder = root / "runs" / self.id
        self.folder.mkdir(parents=True)
        self.cluster = used
        state = {} if used is None else used.state
        self.job = {
            "version": 1,
            "id": self.id,
            "name": path.name,
            "target": {"kind": "file", "path": str(path)},
            "args": [],
            "environment": {},
            "cluster": {"backend": "local", "id": "" if used is None else used.id},
            "clusterFolder": None if used is None else str(used.folder),
            "schedulerAddress": state.get("schedulerAddress"),
            "tls": state.get("tls"),
            "interpreter": sys.executable,
            "releaseCluster": False,
            "report": False,
            **changes,
        }
        (self.folder / "job.json").write_text(json.dumps(self.job))

    def start(self, launcher: bool = True) -> Run:
        if launcher and FORKS:
            answer = zygote().ask(op="run", folder=str(self.folder))
            assert answer["ok"], answer
            self.pid = answer["pid"]
        else:
            self.process = subprocess.Popen(
                [sys.executable, MAIN, "supervise", "--folder", self.folder],
                stdin=subprocess.DEVNULL,
                env=ENVIRONMENT,
            )
            self.pid = self.process.pid
        return self

    @property
    def status(self) -> dict[str, Any]:
        return read(self.folder / "status.json")

    @property
    def output(self) -> bytes:
        path = self.folder / "output.log"
        return path.read_bytes() if path.exists() else b""

    def wait(self, seconds: float = 120) -> dict[str, Any]:
        """Wait for the last word."""
        wait_until(lambda: self.status.get("released"), seconds, f"{self.status} {self.output!r}")
        return self.status

    def running(self) -> dict[str, Any]:
        wait_until(lambda: self.status.get("driverPid"))
        return self.status

    def cancel(self) -> None:
        (self.folder / "cancel").touch()
        os.kill(self.pid, signal.SIGTERM)


def ask_launcher(launcher: dict[str, Any], **request: Any) -> dict[str, Any]:
    with socket.create_connection(("127.0.0.1", launcher["port"]), timeout=30) as connection:
        line = json.dumps({"token": launcher["token"], **request}).encode() + b"\n"
        connection.sendall(line)
        answer: dict[str, Any] = json.loads(connection.makefile().readline())
    return answer


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("storage")


@pytest.fixture
def make_cluster(root: Path) -> Iterator[Callable[..., Cluster]]:
    made: list[Cluster] = []

    def make(**changes: Any) -> Cluster:
        made.append(Cluster(root, **changes))
        return made[-1]

    yield make
    for cluster in made:
        if hasattr(cluster, "process"):
            cluster.stop()


@pytest.fixture(scope="session")
def shared(root: Path) -> Iterator[Cluster]:
    """A warm cluster that tests share and leave as it was."""
    cluster = Cluster(root, security="tls").start()
    assert cluster.state["state"] == "running", cluster.state
    yield cluster
    cluster.stop()


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    def make(text: str, name: str = "script.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return make
