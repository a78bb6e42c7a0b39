"""The life of a cluster process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib import request
from urllib.parse import urlsplit

import psutil
import pytest
from conftest import ENVIRONMENT, MAIN, Cluster, read, session, wait_until

from dask_runner.cluster.versions import OLDEST, is_older

MakeCluster = Callable[..., Cluster]


def get(url: str, path: str) -> tuple[int, bytes, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("location", "")


def test_starts_takes_work_and_shuts_down(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(workers={"kind": "fixed", "count": 2}, environment={"OWN": "yes"})
    stages = []
    cluster.start(wait=False)
    while cluster.state.get("state") in (None, "starting"):
        stage = cluster.state.get("stage")
        if stage and stage not in stages:
            stages.append(stage)
        time.sleep(0.005)
    state = cluster.state
    assert (state["state"], state["stage"]) == ("running", "ready"), state
    assert stages == sorted(stages, key=["process", "scheduler", "workers", "ready"].index)
    assert state["python"]["executable"] == sys.executable
    assert stat.S_IMODE((cluster.folder / "state.json").stat().st_mode) == 0o600
    with cluster.client() as client:
        assert client.submit(os.getenv, "OWN", pure=False).result() == "yes"
        names = {w["name"] for w in client.scheduler_info()["workers"].values()}
        assert names == {0, 1}
        client.submit(print, "said by a worker").result()
    wait_until(
        lambda: any(
            b"said by a worker" in path.read_bytes()
            for path in (cluster.folder / "logs").glob("worker-*.log")
        )
    )
    assert b"Receive client" in (cluster.folder / "logs/scheduler.log").read_bytes()
    assert cluster.post("shutdown", {"reason": "Enough."}) == (200, {"closing": True})
    cluster.gone()
    state = cluster.state
    assert (state["state"], state["endReason"]) == ("closed", "Enough.")
    assert state["endedAt"] is not None


def test_second_start_touches_nothing(make_cluster: MakeCluster) -> None:
    cluster = make_cluster().start()
    before = (cluster.folder / "state.json").read_bytes()
    command = [sys.executable, str(MAIN), "cluster", "--folder", str(cluster.folder)]
    assert subprocess.run(command, timeout=60).returncode == 0
    assert (cluster.folder / "state.json").read_bytes() == before
    cluster.stop()
    assert subprocess.run(command, timeout=60).returncode == 0
    assert cluster.state["state"] == "closed"


def test_two_starts_at_once_make_one_cluster(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(workers={"kind": "fixed", "count": 0})
    command = [sys.executable, str(MAIN), "cluster", "--folder", str(cluster.folder)]
    started = [subprocess.Popen(command, env=ENVIRONMENT) for _ in range(2)]
    cluster.wait_for("running")
    wait_until(lambda: any(process.poll() == 0 for process in started))
    alive = [process for process in started if process.poll() is None]
    assert [process.pid for process in alive] == [cluster.state["pid"]]
    cluster.process = alive[0]


def test_ends_when_idle_but_not_while_a_driver_lives(
    make_cluster: MakeCluster, script: Callable[..., Path]
) -> None:
    cluster = make_cluster(idleTimeoutSeconds=4).start()
    run = cluster.submit(script("import time; time.sleep(7); print('computed here')"))
    assert run.wait()["state"] == "succeeded", run.output
    assert cluster.state["state"] == "running"
    ended = time.monotonic()
    cluster.gone()
    assert time.monotonic() - ended > 3
    assert (cluster.state["state"], cluster.state["endReason"]) == (
        "closed",
        "No work for 4 seconds.",
    )


def test_idle_clock_ends_it_after_its_supervisor_was_killed(
    make_cluster: MakeCluster, script: Callable[..., Path], tmp_path: Path
) -> None:
    cluster = make_cluster(idleTimeoutSeconds=4).start()
    begun = tmp_path / "begun"
    with cluster.client() as client:
        # However slowly the supervisor starts, the cluster has work until then.
        task = client.submit(lambda: [time.sleep(0.02) for _ in iter(begun.exists, True)])
        run = cluster.submit(script("import time; time.sleep(600)"), launcher=False)
        run.running()
        wait_until(lambda: cluster.get()["jobs"] == [run.id])
        begun.touch()
        task.result()
    run.process.kill()
    run.process.wait()
    cluster.gone()
    assert cluster.state["endReason"] == "No work for 4 seconds."


def test_adaptive(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(workers={"kind": "adaptive", "minimum": 0, "maximum": 2}).start()
    with cluster.client() as client:
        assert not client.scheduler_info()["workers"]
        assert client.submit(lambda: 5).result(timeout=90) == 5
        wait_until(lambda: len(client.scheduler_info()["workers"]) == 0, what="scaled down")


def test_scaling_down_keeps_results(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(workers={"kind": "fixed", "count": 3}).start()
    with cluster.client() as client:
        client.wait_for_workers(3, timeout=60)
        held = {name: client.scatter(name, workers=[name]) for name in workers_of(client)}
        assert cluster.post("scale", {"kind": "fixed", "count": 1})[0] == 200
        wait_until(lambda: len(workers_of(client)) == 1)
        assert {name: data.result(timeout=30) for name, data in held.items()} == {
            name: name for name in held
        }


def workers_of(client: Any) -> list[str]:
    return list(client.scheduler_info()["workers"])


def test_scale_and_restart(make_cluster: MakeCluster) -> None:
    cluster = make_cluster().start()
    with cluster.client() as client:
        workers = {"kind": "fixed", "count": 2}
        assert cluster.post("scale", workers) == (200, {"workers": workers})
        wait_until(lambda: len(client.scheduler_info()["workers"]) == 2)
        assert cluster.state["workers"] == cluster.get()["workers"] == workers
        before = client.run(os.getpid)
        status, answer = cluster.post("restart")
        assert (status, answer) == (200, {"restarted": 2})
        wait_until(lambda: len(client.run(os.getpid)) == 2)
        assert not set(before.values()) & set(client.run(os.getpid).values())
        adaptive = {"kind": "adaptive", "minimum": 1, "maximum": 2}
        assert cluster.post("scale", adaptive)[0] == 200
        wait_until(lambda: len(client.scheduler_info()["workers"]) == 1)
        assert cluster.post("scale", {"kind": "fixed", "count": 0})[0] == 200
        wait_until(lambda: not client.scheduler_info()["workers"])


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("scale", b"nonsense"),
        ("scale", b"[]"),
        ("scale", b'{"kind": "fixed"}'),
        ("scale", b'{"kind": "fixed", "count": -1}'),
        ("scale", b'{"kind": "fixed", "count": true}'),
        ("scale", b'{"kind": "adaptive", "minimum": 3, "maximum": 2}'),
        ("scale", b'{"kind": "other"}'),
        ("shutdown", b'{"reason": 5}'),
        ("shutdown", b"\xff"),
        ("jobs", b'{"id": "x"}'),
        ("report", b"{}"),
    ],
)
def test_refuses_bodies_that_are_not_valid(shared: Cluster, route: str, body: bytes) -> None:
    status, answer = shared.post(route, raw=body)
    assert status == 400
    assert isinstance(answer["error"], str) and answer["error"]
    assert shared.state["state"] == "running"


def test_http_answers_nothing_without_the_secret(shared: Cluster) -> None:
    url = shared.state["httpUrl"]
    secret = urlsplit(url).path.strip("/")
    assert len(secret) >= 32
    for path in (
        "/",
        "/status",
        "/health",
        "/sitemap.json",
        "/json/counts.json",
        "/dask-runner/state",
        "/statics/css/base.css",
        "/" + "0" * len(secret) + "/status",
        "//" + secret,
    ):
        status, body, location = get(url, path)
        assert status == 404, path
        assert secret.encode() not in body and secret not in location
    assert get(url, f"/{secret}/health")[0] == 200
    for start in (f"/{secret}", f"/{secret}/"):
        assert get(url, start)[::2] == (301, f"/{secret}/status")
    assert get(url, f"/{secret}/json/counts.json")[0] == 200
    for page in ("status", "individual-task-stream"):
        status, body, _location = get(url, f"/{secret}/{page}")
        # Its scripts are beside it, wherever a gateway has put it.
        assert status == 200 and b'src="./static/js/bokeh.min.js' in body
        assert secret.encode() not in body


def test_workers_are_told_while_tasks_run(make_cluster: MakeCluster, tmp_path: Path) -> None:
    """Those that run are told from those that wait for a thread."""
    gate = tmp_path / "gate"

    def busy(number: int) -> int:
        while not gate.exists():
            sum(range(1000))
        return number

    cluster = make_cluster(workers={"kind": "fixed", "count": 1}, threadsPerWorker=1).start()

    def told() -> dict[str, Any]:
        with request.urlopen(f"{cluster.state['httpUrl']}/dask-runner/workers") as answer:
            ((address, worker),) = json.loads(answer.read())["workers"].items()
        assert str(address).startswith("tcp://127.0.0.1:")
        return dict(worker)

    with cluster.client() as client:
        client.wait_for_workers(1)
        futures = client.map(busy, range(5), pure=False)
        wait_until(lambda: told()["metrics"]["task_counts"]["executing"] == 1)
        wait_until(lambda: told()["metrics"]["cpu"] > 20, what="a processor is used")
        worker = told()
        assert (worker["name"], worker["host"], worker["nthreads"]) == (0, "127.0.0.1", 1)
        assert worker["status"] == "running" and worker["memory_limit"] > 0
        assert worker["metrics"]["memory"] > 1_000_000
        gate.touch()
        client.gather(futures)
        wait_until(lambda: told()["metrics"]["task_counts"]["executing"] == 0)


def test_logs_of_scheduler_and_workers_are_told(shared: Cluster) -> None:
    with request.urlopen(f"{shared.state['httpUrl']}/dask-runner/logs", timeout=10) as answer:
        logs = json.loads(answer.read())["logs"]
    assert "Scheduler at:" in logs.pop("scheduler")
    ((name, text),) = logs.items()
    assert name == "worker-0"
    # Oldest first.
    assert text.index("Start worker at") < text.index("Registered to")


def test_workers_offer_no_http(shared: Cluster) -> None:
    url = shared.state["httpUrl"]
    with request.urlopen(f"{url}/json/identity.json", timeout=10) as answer:
        workers = json.loads(answer.read())["workers"]
    (worker,) = workers.values()
    # Dask names the port that the worker's HTTP server had before it was stopped.
    assert refused(worker["services"]["dashboard"])
    comms = {
        urlsplit(address).port
        for address in (shared.state["schedulerAddress"], *workers, worker["nanny"])
    }
    listening = set()
    for pid in session(shared.process.pid):
        for one in psutil.Process(pid).net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN:
                assert one.laddr.ip == "127.0.0.1"
                listening.add(one.laddr.port)
    assert listening == {*comms, urlsplit(url).port}
    for port in comms:
        with pytest.raises(ConnectionError):
            get(f"http://127.0.0.1:{port}", "/health")


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_tls_refuses_strangers(shared: Cluster, tmp_path: Path) -> None:
    from dask_runner.cluster.certificates import CertificateMaker

    port = urlsplit(shared.state["schedulerAddress"]).port
    for path in shared.state["tls"].values():
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        # What a Dask client without TLS would say first is no TLS, so it is told off or cut off.
        plain.sendall(b"\x00" * 64)
        with contextlib.suppress(ConnectionError):
            answer = plain.recv(100)
            assert answer == b"" or answer[0] == 0x15
    other = CertificateMaker(tmp_path / "tls").finish()
    for files in (None, other):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if files is not None:
            context.load_cert_chain(files.cert, files.key)
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            context.wrap_socket(connection) as stranger,
        ):
            stranger.sendall(b"x" * 100)
            if not stranger.recv(1):
                raise ConnectionResetError
    answer = subprocess.run(
        [sys.executable, MAIN, "probe", "--address", f"tcp://127.0.0.1:{port}"],
        capture_output=True,
        timeout=30,
    )
    assert json.loads(answer.stdout)["error"]["code"] == "unreachable"
    with shared.client() as client:
        assert client.submit(sum, [1, 2]).result() == 3


def test_certificates_pass_strict_verification(tmp_path: Path, monkeypatch: Any) -> None:
    import shutil

    from dask_runner.cluster.certificates import CertificateMaker

    makers = [CertificateMaker(tmp_path / "openssl")]
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    pytest.importorskip("cryptography")
    makers.append(CertificateMaker(tmp_path / "cryptography"))
    for maker in makers:
        files = maker.finish()
        for purpose in ("sslserver", "sslclient"):
            subprocess.run(
                [
                    "/usr/bin/env",
                    "openssl",
                    "verify",
                    "-x509_strict",
                    "-purpose",
                    purpose,
                    "-CAfile",
                    files.ca,
                    files.cert,
                ],
                check=True,
                capture_output=True,
            )


def test_says_so_when_nothing_makes_certificates(tmp_path: Path, monkeypatch: Any) -> None:
    import shutil

    from dask_runner.cluster.certificates import CertificateMaker, TlsUnavailableError

    monkeypatch.setattr(shutil, "which", lambda *_: None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(TlsUnavailableError, match=r"openssl.*cryptography.*none"):
        CertificateMaker(tmp_path / "tls").finish()


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"memoryLimit": "lots"}, "memoryLimitInvalid", "lots"),
        ({"workers": {"kind": "fixed", "count": -1}}, "specInvalid", "count"),
    ],
)
def test_failed_start_says_why(
    changes: dict[str, Any], code: str, words: str, make_cluster: MakeCluster
) -> None:
    cluster = make_cluster(**changes).start()
    assert cluster.state["state"] == "failed"
    assert cluster.state["error"]["code"] == code
    assert words in cluster.state["error"]["message"]
    cluster.gone()


def test_missing_dask_says_what_to_install(make_cluster: MakeCluster, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError(name='distributed')")
    environment = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}
    cluster = make_cluster().start(environment=environment, fork=False)
    assert cluster.state["error"]["code"] == "daskMissing"
    assert "pip install" in cluster.state["error"]["message"]
    cluster.gone()


def test_a_dask_that_is_too_old_is_named(make_cluster: MakeCluster, tmp_path: Path) -> None:
    (tmp_path / "dask-2023.12.1.dist-info").mkdir()
    (tmp_path / "dask-2023.12.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: dask\nVersion: 2023.12.1\n"
    )
    cluster = make_cluster(security="tls")
    cluster.start(environment={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}, fork=False)
    error = cluster.state["error"]
    assert error["code"] == "daskTooOld"
    for words in ("dask 2023.12.1", "2024.4.0 or newer", "-m pip install --upgrade"):
        assert words in error["message"]
    assert not (cluster.folder / "tls").exists()
    cluster.gone()


def test_versions_are_compared_as_numbers() -> None:
    assert is_older("2023.12.1", OLDEST) and is_older("2024.3.1", OLDEST)
    assert is_older("2.30.0", OLDEST) and is_older("2024.3.1+7.g0a1b2c3", OLDEST)
    for version in (OLDEST, "2024.4.0+1.gabc", "2024.10.0", "2026.8.0", "unknown"):
        assert not is_older(version, OLDEST)


def test_killed_cluster_process_leaves_nothing(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(workers={"kind": "fixed", "count": 2}).start()
    with cluster.client() as client:
        # A worker that holds the interpreter cannot watch its parent: the kernel ends it.
        client.submit(lambda: list(iter(int, 1)), pure=False)
        client.submit(lambda: subprocess.Popen(["sleep", "600"]) and 1, pure=False).result()
        assert len(session(cluster.process.pid)) > 4
        cluster.process.kill()
        cluster.gone()
    before = cluster.state
    assert before["state"] == "running"
    command = [sys.executable, str(MAIN), "cluster", "--folder", str(cluster.folder)]
    assert subprocess.run(command, timeout=60).returncode == 0
    assert cluster.state["state"] == "failed"
    assert cluster.state["error"]["code"] == "clusterLost"


def test_killed_worker_comes_back(make_cluster: MakeCluster) -> None:
    cluster = make_cluster().start()
    with cluster.client() as client:
        (pid,) = client.run(os.getpid).values()
        os.kill(pid, signal.SIGKILL)
        assert client.submit(lambda: 7, pure=False).result(timeout=90) == 7
        wait_until(lambda: pid not in client.run(os.getpid).values())


def test_client_shutdown_leaves_the_scheduler_to_the_run(make_cluster: MakeCluster) -> None:
    cluster = make_cluster().start()
    with cluster.client() as client:
        client.shutdown()
    wait_until(lambda: not session_workers(cluster))
    assert cluster.get()["state"] == "running"
    with cluster.client() as client:
        # Nobody has said what workers are to be like: they come all the same.
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3


def session_workers(cluster: Cluster) -> list[str]:
    with request.urlopen(f"{cluster.state['httpUrl']}/json/identity.json", timeout=10) as answer:
        return list(json.loads(answer.read())["workers"])


def test_worker_over_its_memory_limit(
    make_cluster: MakeCluster, script: Callable[..., Path]
) -> None:
    once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    cluster = make_cluster(memoryLimit="300MiB", environment=once).start()
    path = script(
        "from distributed import Client\nwith Client() as c:\n"
        "    c.submit(lambda: len(b'x' * 2**30) and __import__('time').sleep(60)).result()\n"
    )
    run = cluster.submit(path)
    status = run.wait()
    assert status["state"] == "failed"
    assert b"KilledWorker" in run.output
    assert cluster.state["state"] == "running"


def test_everything_of_a_state_is_always_readable(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(workers={"kind": "fixed", "count": 0}).start(wait=False)
    wait_until(lambda: (cluster.folder / "state.json").exists())
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        assert read(cluster.folder / "state.json")["version"] == 1


def test_takes_free_ports_where_the_usual_ones_are_in_use(make_cluster: MakeCluster) -> None:
    with contextlib.ExitStack() as held:
        for port in (8786, 8787):
            # Taken already by somebody else is as good.
            with contextlib.suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            assert not refused(port)
        cluster = make_cluster().start()
        assert cluster.state["state"] == "running", cluster.state
        with cluster.client() as client:
            assert client.submit(sum, [1, 2]).result() == 3
