"""The other commands, and the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib import error, request
from urllib.parse import urlsplit

import psutil
import pytest
from conftest import ENVIRONMENT, MAIN, PACKAGE, Cluster, written

from dask_runner import DaskRunner
from dask_runner.library.function import JobError, read_arguments

pytestmark = pytest.mark.xdist_group("commands")  # one cluster for all
CODE = """
def run_etl(start_date, count=1, flag=False, **more):
    print(start_date, count, flag, sorted(more.items()))

def connected():
    from distributed import get_client
    print(get_client().submit(sum, [1, 2]).result())

def fails(): raise ValueError("no")
def leaves(): raise SystemExit(5)
"""


def command(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env=options.pop("env", ENVIRONMENT),
        **options,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return value


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "__init__.py").touch()
    (folder / "jobs" / "etl.py").write_text(CODE)
    return folder


def test_check_imports_nothing() -> None:
    done = command("check", env={**ENVIRONMENT, "PYTHONVERBOSE": "1"})
    answer = json.loads(done.stdout)
    assert answer["executable"] == sys.executable
    assert answer["version"] == ".".join(map(str, sys.version_info[:3]))
    assert answer["dask"] and answer["distributed"] and answer["numpy"]
    assert set(answer) == {
        "executable",
        "version",
        "dask",
        "distributed",
        "bokeh",
        "cryptography",
        "numpy",
    }
    assert "import 'dask'" not in done.stderr and "import 'psutil'" not in done.stderr


def old_pythons() -> list[str]:
    return [str(path) for path in Path.home().glob(".pyenv/versions/3.[6-9].*/bin/python")]


@pytest.mark.skipif(not old_pythons(), reason="no Python before 3.10 here")
def test_check_runs_on_old_pythons() -> None:
    for python in old_pythons():
        done = subprocess.run([python, MAIN, "check"], stdout=subprocess.PIPE, check=True)
        answer = json.loads(done.stdout)
        assert answer["version"].startswith("3.") and answer["dask"] is None
        done = subprocess.run([python, MAIN, "cluster"], stderr=subprocess.PIPE)
        assert done.returncode == 3 and b"3.10 or newer" in done.stderr


def test_unknown_command() -> None:
    assert command("nonsense").returncode == 2
    assert command().returncode == 2


def test_module_and_file_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dask_runner", "check"],
        cwd=PACKAGE.parent,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(command("check").stdout)


def tls_options(cluster: Cluster) -> list[str]:
    return [
        option for name, path in cluster.state["tls"].items() for option in (f"--tls-{name}", path)
    ]


def test_probe(shared: Cluster) -> None:
    address = shared.state["schedulerAddress"]
    answer = last_line(command("probe", "--address", address, *tls_options(shared)))
    assert answer["ok"] is True
    assert answer["identity"]["type"] == "Scheduler"
    assert answer["dashboardUrl"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("prefix", ["", "notebooks/dask"])
@pytest.mark.parametrize("bokeh", [True, False])
def test_probe_finds_a_dashboard_behind_a_prefix(prefix: str, bokeh: bool, tmp_path: Path) -> None:
    (tmp_path / "bokeh.py").write_text("raise ImportError('there is none')")
    options = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
    options += ["--dashboard-prefix", prefix, "--scheduler-file", str(tmp_path / "scheduler.json")]
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *options],
        env=ENVIRONMENT if bokeh else {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    try:
        known = written(tmp_path / "scheduler.json")
        answer = last_line(command("probe", "--address", known["address"]))
        port = known["services"]["dashboard"]
        assert answer["dashboardUrl"] == f"http://127.0.0.1:{port}/{prefix}".rstrip("/")
        page = "/status" if bokeh else "/json/identity.json"
        with request.urlopen(answer["dashboardUrl"] + page, timeout=30) as found:
            assert found.status == 200
    finally:
        process.kill()
        process.wait()


def test_probe_of_a_port_where_nothing_listens() -> None:
    started = time.monotonic()
    answer = last_line(command("probe", "--address", "tcp://127.0.0.1:9"))
    assert answer["error"]["code"] == "unreachable"
    assert time.monotonic() - started < 25  # Dask itself goes on for 30 s


def test_probe_of_what_is_no_scheduler(shared: Cluster) -> None:
    port = urlsplit(shared.state["httpUrl"]).port
    answer = last_line(command("probe", "--address", f"tcp://127.0.0.1:{port}"))
    assert answer["error"]["code"] == "unreachable"


def test_probe_with_wrong_tls(shared: Cluster, tmp_path: Path) -> None:
    address = shared.state["schedulerAddress"]
    assert last_line(command("probe", "--address", address))["error"]["code"] == "tlsFailed"
    other = tmp_path / "none.pem"
    options = ["--tls-ca", other, "--tls-cert", other, "--tls-key", other]
    answer = last_line(command("probe", "--address", address, *options))
    assert answer["error"]["code"] == "tlsFailed"
    plain = address.replace("tls://", "tcp://")
    answer = last_line(command("probe", "--address", plain))
    assert answer["error"]["code"] == "unreachable" and "tls://" in answer["error"]["message"]


def test_probe_of_what_is_no_address() -> None:
    answer = last_line(command("probe", "--address", "nonsense://x"))
    assert answer["error"]["code"] == "addressInvalid"


def test_restart_and_logs(shared: Cluster, tmp_path: Path) -> None:
    address = shared.state["schedulerAddress"]
    options = ["--address", address, *tls_options(shared)]
    with shared.client() as client:
        before = set(client.run(os.getpid).values())
        assert last_line(command("restart-workers", *options))["restarted"] == 1
        assert not before & set(client.run(os.getpid).values())
    answer = last_line(command("fetch-logs", *options, "--folder", tmp_path / "logs"))
    ids = [file["id"] for file in answer["files"]]
    assert ids == ["scheduler", "worker-0"]
    text = Path(answer["files"][0]["path"]).read_text()
    assert "Register" in text or "Receive client" in text
    assert oct((tmp_path / "logs" / "scheduler.log").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--a", "1", "--b-c", "x"], {"a": 1, "b_c": "x"}),
        (["--a=1.5", "--b=x=y"], {"a": 1.5, "b": "x=y"}),
        (["--flag", "--other", "true"], {"flag": True, "other": True}),
        (["--a", "None", "--b", "null", "--c", "False"], {"a": None, "b": None, "c": False}),
        (["--a", "[1, 2]", "--b", '{"k": 1}'], {"a": [1, 2], "b": {"k": 1}}),
        (["--a", '"3"', "--date", "2026-01-01"], {"a": "3", "date": "2026-01-01"}),
        (["--a", "1", "--a", "2"], {"a": [1, 2]}),
        (["--a", "-3", "--b="], {"a": -3, "b": ""}),
        (["--a", "NaN"], {"a": "NaN"}),
        ([], {}),
    ],
)
def test_values_of_the_command_line(arguments: list[str], expected: dict[str, Any]) -> None:
    assert read_arguments(arguments) == expected


def test_words_without_a_key() -> None:
    with pytest.raises(JobError, match="belongs to no key"):
        read_arguments(["word"])


def run_job(
    project: Path, function: str, *arguments: str, module: str = "jobs.etl", **options: Any
) -> subprocess.CompletedProcess[str]:
    names = ["--job-module", module, "--job-function", function]
    return command("run", *names, *arguments, cwd=project, **options)


def test_run(project: Path) -> None:
    done = run_job(project, "run_etl", "--", "--start-date", "2026-01-01", "--count", "3", "--x=1")
    assert (done.returncode, done.stdout) == (0, "2026-01-01 3 False [('x', 1)]\n"), done.stderr


def test_run_failures(project: Path) -> None:
    done = run_job(project, "run_etl", "--", "--count", "3")
    assert done.returncode == 2
    assert "--start-date [--count] [--flag]" in done.stderr
    done = run_job(project, "absent")
    assert done.returncode == 2 and "connected, fails, leaves, run_etl" in done.stderr
    done = run_job(project, "run_etl", module="jobs.none")
    assert done.returncode == 2 and 'no module "jobs.none"' in done.stderr
    done = run_job(project, "fails")
    assert done.returncode == 1 and "ValueError: no" in done.stderr
    assert run_job(project, "leaves").returncode == 5


def test_run_local(project: Path) -> None:
    done = run_job(project, "connected", "--local", "--max-workers", "1")
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


def test_library_uses_the_cluster_of_the_run(shared: Cluster, script: Callable[..., Path]) -> None:
    path = script(
        "from dask_runner import DaskRunner\n"
        "with DaskRunner(worker_memory='8GiB', worker_vcores=4, min_workers=2, max_workers=10,"
        " local=True).get_client() as client:\n"
        "    print(client.submit(sum, [2, 2]).result(), client.scheduler.address)\n"
    )
    run = shared.submit(path)
    assert run.wait()["state"] == "succeeded", run.output
    assert run.output.decode().split() == ["4", shared.state["schedulerAddress"]]


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    yield


@pytest.mark.usefixtures("no_run")
def test_library_starts_a_cluster_on_this_machine() -> None:
    with (
        pytest.warns(UserWarning, match="room for"),
        DaskRunner(
            worker_vcores=1, min_workers=1, max_workers=500, local=True
        ).get_client() as client,
    ):
        assert client.scheduler.address.startswith("tls://127.0.0.1")
        assert client.submit(sum, [1, 2]).result() == 3


def listening() -> list[tuple[bool, str]]:
    """Return the addresses that this process (True) and its children listen on."""
    own = psutil.Process()
    return [
        (process.pid == own.pid, connection.laddr.ip)
        for process in [own, *own.children(recursive=True)]
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]


@pytest.mark.usefixtures("no_run")
def test_library_without_a_dashboard_listens_on_this_machine_alone() -> None:
    before = listening()
    with DaskRunner(max_workers=1, local=True).get_client() as client:
        client.submit(sum, [1, 2]).result()
        found = list(listening())
        for one in before:
            found.remove(one)
        assert {own for own, _address in found} == {True, False}
        assert {address for _own, address in found} == {"127.0.0.1"}
        with pytest.raises(error.HTTPError, match="404"):
            request.urlopen(client.dashboard_link, timeout=30)


@pytest.mark.usefixtures("no_run")
def test_library_says_what_it_cannot_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASK_YARN__CLASSPATH", "HADOOP_HOME", "HADOOP_YARN_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    found = r"no cluster to run on\. Hadoop was not found.*local=True"
    with pytest.raises(RuntimeError, match=found), DaskRunner().get_client():
        pass
    with pytest.raises(ValueError, match="min_workers"):
        DaskRunner(min_workers=3, max_workers=2)
    with pytest.raises(ValueError, match="worker_vcores"):
        DaskRunner(worker_vcores=0)
