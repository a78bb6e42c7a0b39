"""The process that clusters and drivers are forked from."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from conftest import ENVIRONMENT, FORKS, Cluster, Run, Zygote, ask_launcher, wait_until, zygote

pytestmark = pytest.mark.skipif(not FORKS, reason="processes are forked on Linux")
Script = Callable[..., Path]


@pytest.fixture
def own() -> Iterator[Callable[..., Zygote]]:
    made: list[Zygote] = []

    def make(*options: str) -> Zygote:
        made.append(Zygote(*options))
        assert made[-1].ask(op="ping", token="") == {"ok": False, "error": "Refused."}
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_refuses_what_it_cannot_do(root: Path) -> None:
    state = zygote().state or (zygote().ask(op="ping"), zygote().state)[1]
    wrong = ask_launcher({**state, "token": "x" * 48}, op="run", folder="/")
    assert wrong == {"ok": False, "error": "Refused."}
    assert ask_launcher(state, op="other", folder="/")["ok"] is False
    assert "job.json" in ask_launcher(state, op="run", folder=str(root))["error"]
    assert "spec.json" in ask_launcher(state, op="cluster", folder=str(root))["error"]
    with socket.create_connection(("127.0.0.1", state["port"])) as connection:
        connection.sendall(b"x" * 5_000_000 + b"\n")
        try:
            answer = connection.makefile().readline()
        except OSError:  # it may close on what it did not read
            answer = '{"ok": false}'
        assert json.loads(answer or '{"ok": false}')["ok"] is False


def test_stuck_client_does_not_block_others(shared: Cluster, script: Script) -> None:
    zygote().ask(op="ping")
    with socket.create_connection(("127.0.0.1", zygote().state["port"])) as stuck:
        stuck.sendall(b'{"token"')
        assert shared.submit(script("print(1)")).wait()["state"] == "succeeded"


def test_says_that_an_environment_is_another_one(root: Path) -> None:
    cluster = Cluster(root)
    given = {**ENVIRONMENT, "OMP_NUM_THREADS": "3"}
    answer = zygote().ask(op="cluster", folder=str(cluster.folder), environment=given)
    assert answer == {"ok": False, "error": "OMP_NUM_THREADS differs."}


def test_ends_when_nobody_asks_any_more(
    own: Callable[..., Zygote], root: Path, script: Script
) -> None:
    one = own("--idle-seconds", "1")
    cluster = Cluster(root, workers={"kind": "fixed", "count": 0})
    assert one.ask(op="cluster", folder=str(cluster.folder), environment=ENVIRONMENT)["ok"]
    cluster.wait_for("running")
    started = time.monotonic()
    while time.monotonic() - started < 3:
        # A cluster of its own is something to wait for.
        assert one.process.poll() is None
        time.sleep(0.05)
    os.kill(cluster.state["pid"], signal.SIGTERM)
    cluster.wait_for("closed")
    assert one.process.wait(60) == 0
    assert one.state == {}
    children = psutil.Process().children(recursive=True)
    assert not [p for p in children if p.pid == one.process.pid]


def test_ends_when_packages_have_changed(own: Callable[..., Zygote], tmp_path: Path) -> None:
    one = own()
    import site

    folder = Path(site.getsitepackages()[0])
    before = folder.stat()
    try:
        os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
        assert "Packages have changed" in ask_launcher(one.state, op="ping")["error"]
    finally:
        os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert one.process.wait(30) == 0


def test_two_at_once_are_one(own: Callable[..., Zygote]) -> None:
    import subprocess

    from conftest import MAIN

    one = own()
    command = [sys.executable, MAIN, "zygote", "--folder", one.folder]
    assert subprocess.run(command, env=ENVIRONMENT, timeout=60).returncode == 0
    assert ask_launcher(one.state, op="ping") == {"ok": True}


def test_killed_zygote_leaves_runs_and_clusters_alone(
    own: Callable[..., Zygote], root: Path, script: Script
) -> None:
    one = own()
    cluster = Cluster(root, workers={"kind": "fixed", "count": 1})
    assert one.ask(op="cluster", folder=str(cluster.folder), environment=ENVIRONMENT)["ok"]
    cluster.wait_for("running")
    path = script(
        "import sys, time, os\nfrom distributed import Client\nc = Client()\nprint('begun')\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(.02)\n"
        "print(c.submit(sum, [1, 2]).result())\n"
    )
    go = path.parent / "go"
    run = Run(root, path, cluster, args=[str(go)], releaseCluster=True)
    assert one.ask(op="run", folder=str(run.folder), environment=ENVIRONMENT)["ok"]
    wait_until(lambda: b"begun" in run.output, what=str(run.output))
    assert run.status["mode"] == "fork"
    one.process.kill()
    one.process.wait()
    go.touch()
    assert run.wait()["state"] == "succeeded", run.output
    assert run.output == b"begun\n3\n"
    assert cluster.wait_for("closed")["endReason"] == "Its run ended."
