"""Runs: from their orders to their last word."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from conftest import ENVIRONMENT, MAIN, Cluster, Run, session, wait_until

from dask_runner.run.missing_report import explain_missing

Script = Callable[..., Path]
both = pytest.mark.parametrize("launcher", [True, False], ids=["launcher", "process"])


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@both
def test_client_without_arguments_connects(shared: Cluster, script: Script, launcher: bool) -> None:
    path = script(
        "from distributed import Client\n"
        "with Client() as c:\n    print(c.submit(sum, [1, 2]).result(), c.scheduler.address)\n"
    )
    run = shared.submit(path, launcher, report=True)
    status = run.wait()
    assert status["state"] == "succeeded", run.output
    assert run.output.decode().split() == ["3", shared.state["schedulerAddress"]]
    assert (status["exitCode"], status["signal"], status["error"]) == (0, None, None)
    assert status["report"] == "performance-report.html"
    html = (run.folder / "performance-report.html").read_text()
    assert "number of tasks: 1 " in html and "with Client() as c" in html
    assert status["startedAt"] <= status["endedAt"]
    for name in ("status.json", "output.log", "performance-report.html"):
        assert stat.S_IMODE((run.folder / name).stat().st_mode) == 0o600
    assert not list(run.folder.glob(".*"))
    wait_until(lambda: run.id not in shared.get()["jobs"])


def test_array_without_a_client_and_a_cluster_of_its_own(shared: Cluster, script: Script) -> None:
    path = script(
        "import dask.array as da\n"
        "if __name__ == '__main__':\n"
        "    print(da.arange(1000, chunks=100).sum().compute())\n"
        "    from distributed import Client, LocalCluster\n"
        "    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as k:\n"
        "        with Client(k) as c:\n"
        "            print(c.submit(sum, [1]).result(), c.scheduler.address[:6])\n"
    )
    run = shared.submit(path)
    assert run.wait()["state"] == "succeeded", run.output
    lines = run.output.decode().splitlines()  # between them Dask may warn that something is slow
    assert (lines[0], lines[-1]) == ("499500", "1 tcp://")


@both
def test_number_of_workers_given_to_a_client(
    shared: Cluster, script: Script, launcher: bool
) -> None:
    run = shared.submit(script("from distributed import Client\nClient(n_workers=4)\n"), launcher)
    assert run.wait()["state"] == "failed"
    # The editor explains this very line.
    last = run.output.decode().splitlines()[-1]
    assert last == "ValueError: Unexpected keyword arguments: ['n_workers']"


@both
@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("import sys; print('x'); sys.exit(3)", 3, None),
        ("1/0", 1, None),
        ("if True print(1)", 1, None),
        ("input()", 1, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", None, "SIGSEGV"),
    ],
)
def test_failures(
    shared: Cluster, script: Script, launcher: bool, text: str, code: int | None, name: str | None
) -> None:
    run = shared.submit(script(text), launcher)
    status = run.wait()
    assert (status["state"], status["exitCode"], status["signal"]) == ("failed", code, name)


@both
def test_paths_with_blanks_quotes_and_unicode(
    shared: Cluster, script: Script, launcher: bool
) -> None:
    path = script("import sys, os; print(sys.argv[1:], os.getcwd())", "a b'c\"d/ünï 'x'.py")
    run = shared.submit(path, launcher, args=["it's", "", "ü b"])
    assert run.wait()["state"] == "succeeded"
    assert run.output.decode() == f"[\"it's\", '', 'ü b'] {path.parent}\n"


@both
def test_missing_file(shared: Cluster, tmp_path: Path, launcher: bool) -> None:
    run = shared.submit(tmp_path / "gone.py", launcher)
    status = run.wait()
    assert (status["state"], status["error"]["code"]) == ("failed", "fileMissing")
    assert "gone.py" in status["error"]["message"]


def test_missing_interpreter(shared: Cluster, script: Script) -> None:
    run = shared.submit(script("1"), interpreter="/nowhere/python")
    assert run.wait()["error"]["code"] == "interpreterMissing"


def test_file_deleted_while_it_runs(shared: Cluster, script: Script) -> None:
    path = script("import os\nos.unlink(__file__)\nprint('gone')\n1/0\n")
    run = shared.submit(path)
    status = run.wait()
    assert status["exitCode"] == 1
    assert run.output.startswith(b"gone\nTraceback") and b"ZeroDivisionError" in run.output


def test_two_supervisors_make_one_driver(shared: Cluster, script: Script, tmp_path: Path) -> None:
    path = script(f"open({str(tmp_path / 'ran')!r}, 'a').write('x')\nimport time; time.sleep(.5)\n")
    run = Run(shared.root, path, shared)
    for _ in range(3):
        run.start()
    run.start(launcher=False)
    assert run.process.wait(90) == 0
    run.wait()
    run.start(launcher=False)
    assert run.process.wait(90) == 0
    assert (tmp_path / "ran").read_text() == "x"


@both
def test_large_line_and_binary_output_are_whole(
    shared: Cluster, script: Script, launcher: bool
) -> None:
    path = script(
        "import sys, os\nblock = bytes(range(256)) * 4096\n"
        "for _ in range(200): sys.stdout.buffer.write(block.replace(b'\\n', b'.'))\n"
        "os.write(2, b'\\xff\\xfe\\x00 end')\n"
    )
    run = shared.submit(path, launcher)
    assert run.wait()["state"] == "succeeded"
    size = (run.folder / "output.log").stat().st_size
    assert size == 200 * 2**20 + 7
    assert run.output.endswith(b"\xff\xfe\x00 end")
    (run.folder / "output.log").unlink()


def test_processes_left_behind_are_ended(shared: Cluster, script: Script, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    path = script(
        "import os, time, subprocess, signal\n"
        "a = subprocess.Popen(['sleep', '600']).pid\n"
        "b = subprocess.Popen(['sleep', '600'], start_new_session=True).pid\n"
        "r, w = os.pipe()\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    os.write(w, str(os.getpid()).encode())\n"
        "    time.sleep(600)\n"
        "os.wait() if False else None\n"
        "c = int(os.read(r, 20))\n"
        f"open({str(note)!r}, 'w').write(f'{{a}} {{b}} {{c}}')\n"
    )
    run = shared.submit(path)
    status = run.wait()
    pids = [int(pid) for pid in note.read_text().split()]
    assert (status["state"], status["leftOver"]) == ("succeeded", 3)
    assert not [pid for pid in pids if alive(pid)]


@both
def test_cancel_by_interrupt(shared: Cluster, script: Script, launcher: bool) -> None:
    path = script(
        "import time\nprint('begun')\ntry:\n    time.sleep(600)\n"
        "except KeyboardInterrupt:\n    print('tidied'); raise\n"
    )
    run = shared.submit(path, launcher)
    wait_until(lambda: b"begun" in run.output)
    run.running()
    run.cancel()
    status = run.wait()
    assert (status["state"], status["signal"]) == ("cancelled", "SIGINT")
    assert b"tidied" in run.output


def test_cancel_of_a_script_that_ignores_signals(
    shared: Cluster, script: Script, tmp_path: Path
) -> None:
    path = script(
        "import signal, time, os\n"
        "for s in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(s, lambda n, f: os.write(1, b'%d %d\\n' % (n, time.time() * 1000)))\n"
        "if not os.fork(): os.setsid()\n"
        "os.write(1, b'begun %d\\n' % os.getpid())\n"
        "while True: time.sleep(1)\n"
    )
    run = shared.submit(path)
    wait_until(lambda: run.output.count(b"begun") == 2)
    run.running()
    pids = [int(line.split()[1]) for line in run.output.splitlines() if line.startswith(b"begun")]
    (run.folder / "cancel").touch()  # without the signal: it is seen all the same
    status = run.wait()
    assert (status["state"], status["signal"]) == ("cancelled", "SIGKILL")
    times = {}
    for line in run.output.splitlines():
        if line[:1].isdigit():
            times.setdefault(int(line.split()[0]), int(line.split()[1]))
    assert 4 < (times[signal.SIGTERM] - times[signal.SIGINT]) / 1000 < 9
    assert not [pid for pid in pids if alive(pid)]


def test_cancelled_before_it_began(shared: Cluster, script: Script) -> None:
    run = Run(shared.root, script("print('never')"), shared)
    (run.folder / "cancel").touch()
    run.start()
    assert run.wait()["state"] == "cancelled"
    assert run.output == b""


def test_script_that_ends_well_in_spite_of_cancel(shared: Cluster, script: Script) -> None:
    path = script(
        "import time\nprint('begun')\ntry: time.sleep(600)\nexcept KeyboardInterrupt: pass\n"
    )
    run = shared.submit(path)
    wait_until(lambda: b"begun" in run.output)
    run.cancel()
    assert run.wait()["state"] == "succeeded"


def test_killed_driver(shared: Cluster, script: Script) -> None:
    run = shared.submit(script("print('begun'); import time; time.sleep(600)"))
    wait_until(lambda: b"begun" in run.output)
    os.kill(run.running()["driverPid"], signal.SIGKILL)
    status = run.wait()
    assert (status["state"], status["signal"]) == ("failed", "SIGKILL")
    assert status["error"]["code"] == "driverKilled"
    message = status["error"]["message"]
    assert "was killed (SIGKILL) by" in message
    assert "Its output until then is kept. Run it" in message
    assert run.output == b"begun\n"


@both
def test_supervisor_that_cannot_go_on_releases_the_cluster(
    make_cluster: Callable[..., Cluster], script: Script, launcher: bool
) -> None:
    cluster = make_cluster(security="tls").start()
    path = script(
        "import os, time\n"
        "folder = os.path.dirname(os.readlink('/proc/self/fd/1'))\n"
        "status = os.path.join(folder, 'status.json')\n"
        "while not os.path.exists(status): time.sleep(.01)\n"
        "os.remove(status)\n"
        "os.mkdir(status)\n"
        "print('blocked')\n"
    )
    run = cluster.submit(path, launcher, releaseCluster=True)
    cluster.gone()
    assert run.output == b"blocked\n"
    assert not (cluster.folder / "tls").exists()
    assert cluster.state["endReason"] == "Its run ended."


@both
def test_killed_supervisor_takes_the_driver_along(
    shared: Cluster, script: Script, launcher: bool
) -> None:
    path = script("print('begun')\nimport subprocess; subprocess.run(['sleep', '600'])")
    run = shared.submit(path, launcher)
    wait_until(lambda: b"begun" in run.output)
    driver = run.running()["driverPid"]
    os.kill(run.pid, signal.SIGKILL)
    wait_until(lambda: not alive(driver))
    if not launcher:  # the editor finds it so, and starts another one
        run.process.wait()
        run.start(launcher=False)
    status = run.wait()
    assert (status["state"], status["error"]["code"]) == ("failed", "supervisorLost")
    wait_until(lambda: not session(driver))
    assert run.output == b"begun\n"


def test_lost_cluster(root: Path, script: Script) -> None:
    cluster = Cluster(root).start()
    path = script(
        "from distributed import Client\nimport time\nc = Client()\nprint('begun')\n"
        "while True:\n    try: time.sleep(600)\n    except Exception: pass\n"
    )
    run = cluster.submit(path)
    wait_until(lambda: b"begun" in run.output)
    run.running()
    cluster.process.kill()
    cluster.process.wait()
    status = run.wait()
    assert (status["state"], status["error"]["code"]) == ("failed", "clusterLost")
    assert run.output.startswith(b"begun")


def test_a_report_that_cannot_be_drawn_says_why(
    make_cluster: Callable[..., Cluster], script: Script, tmp_path: Path
) -> None:
    (tmp_path / "dask-2025.1.0.dist-info").mkdir()
    (tmp_path / "dask-2025.1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: dask\nVersion: 2025.1.0\n"
    )
    (tmp_path / "sitecustomize.py").write_text(
        "import bokeh.plotting\n"
        "def save(*_, **__): raise AttributeError('no such model')\n"
        "bokeh.plotting.save = save\n"
    )
    environment = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}
    cluster = make_cluster().start(environment=environment, fork=False)
    path = script("print('x')", "job/script.py")
    status = cluster.submit(path, False, report=True).wait()
    assert (status["state"], status["report"]) == ("succeeded", None)
    assert "Dask 2025.1.0 cannot draw it with Bokeh 3.9" in status["reportMissing"]
    run = cluster.submit(path, False)
    assert run.wait()["reportMissing"] is None and run.output == b"x\n"


def test_why_a_report_is_missing() -> None:
    old = explain_missing({"dask": "2026.1.2", "bokeh": "3.10.0"}, "x")
    assert "Dask 2026.1.2 cannot draw it with Bokeh 3.10.0. Install" in old and "<3.9" in old
    for python in (
        {},
        {"dask": "2026.3.0", "bokeh": "3.9.2"},
        {"dask": "2025.1.0", "bokeh": "3.8.1"},
        {"dask": "unknown", "bokeh": "unknown"},
    ):
        assert explain_missing(python, "it is late.") == (
            "There is no performance report: it is late."
        )
    assert "Bokeh, which draws it, is not installed" in explain_missing(
        {"dask": "2026.8.0", "bokeh": None}, "x"
    )


def test_a_report_of_a_scheduler_that_has_gone_says_why(script: Script, root: Path) -> None:
    run = Run(root, script("print('x')"), None, report=True)
    order = {**run.job, "schedulerAddress": "tcp://127.0.0.1:9"}
    (run.folder / "job.json").write_text(json.dumps(order))
    status = run.start(False).wait()
    assert status["report"] is None and run.output == b"x\n"
    assert "performance report: the scheduler did not give it (" in status["reportMissing"]


@both
def test_release_without_an_editor(root: Path, script: Script, launcher: bool) -> None:
    cluster = Cluster(root).start()
    run = cluster.submit(script("print('x')"), launcher, releaseCluster=True, report=True)
    status = run.wait()
    assert (status["state"], status["report"]) == ("succeeded", "performance-report.html")
    cluster.gone()
    assert (cluster.state["state"], cluster.state["endReason"]) == ("closed", "Its run ended.")


def test_result_comes_before_the_release(root: Path, script: Script) -> None:
    cluster = Cluster(root).start()
    run = cluster.submit(script("import sys; sys.exit(4)"), releaseCluster=True)
    seen = []
    while not seen or not seen[-1][1]:
        status = run.status
        if status and (not seen or seen[-1] != (status["state"], status["released"])):
            seen.append((status["state"], status["released"]))
        time.sleep(0.002)
    assert seen[-2:] == [("failed", False), ("failed", True)]
    cluster.gone()


def test_function_target(shared: Cluster, script: Script) -> None:
    path = script("def go(name, times=1): print(name * times)\n", "jobs/etl.py").parent.parent
    script("", "jobs/__init__.py")
    target = {"kind": "function", "module": "jobs.etl", "function": "go", "directory": str(path)}
    run = shared.submit(path / "jobs", target=target, args=["--name", "ab", "--times", "3"])
    assert run.wait()["state"] == "succeeded", run.output
    assert run.output == b"ababab\n"


def test_helper_modules_on_workers_are_never_stale(
    shared: Cluster, script: Script, tmp_path: Path
) -> None:
    text = (
        "from distributed import Client\nimport helper, package.part\n"
        "with Client() as c:\n"
        "    print(c.submit(helper.value, pure=False).result(),"
        " c.submit(package.part.value, pure=False).result())\n"
    )
    for folder in ("one", "two"):
        script(text, f"{folder}/main.py")
        script("", f"{folder}/package/__init__.py")
        script(f"def value(): return 'p{folder}'\n", f"{folder}/package/part.py")
        script(f"def value(): return {folder!r}\n", f"{folder}/helper.py")

    def run(folder: str) -> str:
        one = shared.submit(tmp_path / folder / "main.py")
        assert one.wait()["state"] == "succeeded", one.output
        return one.output.decode().strip()

    assert run("one") == "one pone"
    assert run("two") == "two ptwo"
    assert run("one") == "one pone"
    script("def value(): return 'edited text'\n", "one/helper.py")
    assert run("one") == "edited text pone"
    script("def value(): return 'deeper edit'\n", "one/package/part.py")
    assert run("one") == "edited text deeper edit"


def test_helper_modules_on_workers_that_come_later(root: Path, script: Script) -> None:
    cluster = Cluster(root, workers={"kind": "adaptive", "minimum": 0, "maximum": 1}).start()
    script("def value(): return 42\n", "helper.py")
    path = script(
        "from distributed import Client\nimport helper\n"
        "with Client() as c: print(c.submit(helper.value).result())\n"
    )
    run = cluster.submit(path, releaseCluster=True)
    assert run.wait()["state"] == "succeeded", run.output
    assert run.output == b"42\n"
    cluster.gone()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(command, capture_output=True).returncode:
        # On a machine that is meant to run every test, this one must not pass by being skipped.
        assert not (os.environ.get("CI") and os.geteuid() == 0), "no small disk can be mounted"
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@both
def test_full_disk(shared: Cluster, script: Script, small_disk: Path, launcher: bool) -> None:
    path = script("print('begun', flush=True)\nwhile True: print('x' * 10000)\n")
    run = Run(small_disk, path, shared).start(launcher)
    status = run.wait()
    assert (status["state"], status["error"]["code"]) == ("failed", "diskFull")
    assert run.output.startswith(b"begun\nxxx")


def test_wrong_orders(root: Path, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text('{"version": 1}')
    done = subprocess.run([sys.executable, MAIN, "supervise", "--folder", tmp_path], timeout=90)
    assert done.returncode == 1
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["error"]["code"], status["released"]) == (
        "failed",
        "jobInvalid",
        True,
    )


def test_scheduler_of_somebody_else(root: Path, script: Script) -> None:
    from distributed import LocalCluster

    path = script(
        "from distributed import Client\nwith Client() as c: print(c.submit(sum, [4]).result())\n"
        "import time; time.sleep(1.5)\n"
        "with Client() as c: print(c.submit(sum, [5]).result())\n"
    )
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        protocol="tcp",
    ) as cluster:
        run = Run(
            root,
            path,
            None,
            schedulerAddress=cluster.scheduler_address,
            cluster={"backend": "address", "id": "a"},
            report=True,
        ).start(launcher=False)
        status = run.wait()
        assert status["state"] == "succeeded", run.output
        assert run.output == b"4\n5\n"
        assert (status["mode"], status["report"]) == ("process", "performance-report.html")
        assert "Dask Performance Report" in (run.folder / "performance-report.html").read_text()
