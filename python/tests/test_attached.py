"""Runs on a scheduler that somebody else has started, with workers that have nothing of ours."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from conftest import wait_until
from theirs import Theirs

from dask_runner.remote.versions import Cluster, VersionError, ask_versions, compare, own_versions

pytestmark = pytest.mark.xdist_group("attached")  # one scheduler for all
# Neither are these tests there.
cloudpickle.register_pickle_by_value(sys.modules[__name__])
Script = Callable[..., Path]
MAIN = (
    "from distributed import Client\n"
    "import helper\n"
    "def twice(x):\n"
    "    return 2 * helper.f(x)\n"
    "if __name__ == '__main__':\n"
    "    with Client() as client:\n"
    "        print(client.submit(helper.f, 1).result(), client.submit(twice, 1).result())\n"
)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theirs]:
    cluster = Theirs(tmp_path_factory.mktemp("theirs"))
    yield cluster
    cluster.stop()


def test_modules_beside_the_script_are_brought_and_taken_away(
    theirs: Theirs, root: Path, script: Script
) -> None:
    script(
        "from lib import deep\nfrom lib.deep import add\ndef f(x): return add(x, 1)\n", "helper.py"
    )
    script("", "lib/__init__.py")
    script("def add(x, y):\n    from late import ZERO\n    return x + y + ZERO\n", "lib/deep.py")
    script("ZERO = 0\n", "late.py")
    run = theirs.run(root, script(MAIN))
    assert run.wait()["state"] == "succeeded", run.output
    assert run.output == b"2 4\n"
    wait_until(lambda: not theirs.traces(), what=str(theirs.traces()))


def test_runs_one_after_the_other_have_each_its_own_module(
    theirs: Theirs, root: Path, script: Script
) -> None:
    for number in range(4):
        script(f"def f(x): return {number}\n", f"{number}/helper.py")
        run = theirs.run(root, script(MAIN, f"{number}/main.py"))
        run.wait()
        assert run.output.decode() == f"{number} {2 * number}\n"


def test_a_worker_that_joins_later_has_them(theirs: Theirs, root: Path, script: Script) -> None:
    script("def f(x): return x + 1\n", "helper.py")
    path = script(
        "import time, pathlib, helper\n"
        "from distributed import Client\n"
        "with Client() as client:\n"
        "    before = set(client.scheduler_info(n_workers=-1)['workers'])\n"
        "    pathlib.Path('connected').touch()\n"
        "    while not (new := set(client.scheduler_info(n_workers=-1)['workers']) - before):\n"
        "        time.sleep(0.05)\n"
        "    print(client.submit(helper.f, 1, workers=new).result())\n"
    )
    run = theirs.run(root, path)
    wait_until((path.parent / "connected").exists, what=str(run.output))
    theirs.add_worker()
    run.wait()
    assert run.output == b"2\n"
    wait_until(lambda: not theirs.traces())


def test_a_script_that_is_killed_leaves_nothing(theirs: Theirs, root: Path, script: Script) -> None:
    script("def f(x): return x + 1\n", "helper.py")
    path = script(MAIN + "        import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n")
    run = theirs.run(root, path)
    assert run.wait()["signal"] == "SIGKILL" and run.output == b"2 4\n"
    wait_until(lambda: not theirs.traces())


def test_two_runs_at_once(theirs: Theirs, root: Path, script: Script) -> None:
    """Whoever comes second meets no module of the first, unless it is the same."""
    script("def f(x): return x + 1\n", "a/helper.py")
    wait = (
        "        import pathlib, time\n        pathlib.Path('done').touch()\n"
        "        while not pathlib.Path('go').exists(): time.sleep(0.05)\n"
        "        print(client.submit(helper.f, 5).result())\n"
    )
    first = theirs.run(root, script(MAIN + wait, "a/main.py"))
    folder = script("", "a/empty.py").parent
    wait_until((folder / "done").exists, what=str(first.output))
    script("def f(x): return x + 1\n", "same/helper.py")
    same = theirs.run(root, script(MAIN, "same/main.py"))
    same.wait()
    assert same.output == b"2 4\n"
    script("def f(x): return 'wrong'\n", "b/helper.py")
    other = theirs.run(root, script(MAIN, "b/main.py"))
    assert other.wait()["exitCode"] == 1
    assert (
        b"RuntimeError: Another run on this scheduler has brought another module called helper,"
        in (other.output)
    )
    (folder / "go").touch()
    first.wait()
    assert first.output == b"2 4\n6\n"
    wait_until(lambda: not theirs.traces())


def test_what_the_cluster_has_stays_its_own(theirs: Theirs, root: Path, script: Script) -> None:
    theirs.install("tools.py", "def f(x): return 'theirs'\n")
    script("def f(x): return 'mine'\n", "tools.py")
    run = theirs.run(root, script(MAIN.replace("helper", "tools")))
    run.wait()
    said, printed = run.output.decode().splitlines()
    assert "tools is what is installed there (" in said and printed == "theirs theirstheirs"
    theirs.install("tools.py", "def f(x): return 'mine'\n")
    run = theirs.run(root, script(MAIN.replace("helper", "tools")))
    run.wait()
    # The same file: there is nothing to say.
    assert run.output.decode().count("\n") == 1


def test_nothing_is_brought_where_the_profile_says_so(
    theirs: Theirs, root: Path, script: Script
) -> None:
    script("def f(x): return x + 1\n", "helper.py")
    run = theirs.run(root, script(MAIN), localModules=False)
    assert run.wait()["exitCode"] == 1
    assert b"ModuleNotFoundError: No module named 'helper'" in run.output


def test_installed_packages_are_left_to_the_cluster(
    theirs: Theirs, root: Path, script: Script
) -> None:
    """Also those that lie elsewhere, as ``pip install --target`` puts them."""
    target = script("def f(x): return x + 1\n", "target/helper.py").parent
    script("helper.py,sha256=x,24\n", "target/helper-1.0.dist-info/RECORD")
    run = theirs.run(root, script(MAIN), environment={"PYTHONPATH": str(target)})
    assert run.wait()["exitCode"] == 1
    assert b"ModuleNotFoundError: No module named 'helper'" in run.output


def test_functions_of_modules(theirs: Theirs, root: Path, script: Script) -> None:
    script("def f(x): return x + 1\n", "jobs/parts.py")
    path = script(
        "import importlib\n"
        "def run():\n"
        "    from distributed import Client\n"
        "    parts = importlib.import_module(f'jobs.{\"parts\"}')\n"
        "    with Client() as client: print(client.submit(parts.f, 1).result())\n",
        "jobs/etl.py",
    )
    folder = str(path.parent.parent)
    target = {"kind": "function", "module": "jobs.etl", "function": "run", "directory": folder}
    run = theirs.run(root, path, target=target)
    run.wait()
    assert run.output == b"2\n"


def test_what_cannot_be_brought_is_told(theirs: Theirs, root: Path, script: Script) -> None:
    script("", "large/__init__.py")
    script("#" * (33 * 2**20), "large/data.py")
    run = theirs.run(root, script("import large\nfrom distributed import Client\nClient()\n"))
    run.wait()
    assert run.output.decode() == (
        "large was not brought to the workers: it has too many files. Tasks that import it fail "
        "unless whoever runs the cluster installs it there, for the scheduler too.\n"
    )


OWN = {"python": "3.11.7.final.0", "dask": "2026.8.0", "distributed": "2026.8.0", "numpy": "2.4.6"}


@pytest.mark.parametrize(
    ("scheduler", "workers", "words"),
    [
        ({"python": "3.12.1.final.0"}, [{}], "Python is 3.11 here and 3.12 on the scheduler."),
        ({}, [{"python": "3.10.1"}] * 2, "Python is 3.11 here and 3.10 on 2 workers."),
        ({"distributed": "2025.4.1"}, [], "Dask is 2026.8.0 here and 2025.4.1 on the scheduler."),
        ({}, [{"distributed": "2024.4.2"}], "Choose an interpreter with Dask 2024.4.2 in"),
    ],
)
def test_versions_that_lose_tasks(
    scheduler: dict[str, str], workers: list[dict[str, str]], words: str
) -> None:
    there = Cluster({**OWN, **scheduler}, [{**OWN, **worker} for worker in workers])
    with pytest.raises(VersionError, match=re.escape(words)):
        compare(OWN, there)


@pytest.mark.parametrize(
    ("client", "cluster", "works"),
    [
        # As they were seen to work, or not, with CPython 3.11.
        ("2024.4.2", "2024.8.2", False),
        ("2024.4.2", "2026.8.0", False),
        ("2024.8.2", "2024.4.2", False),
        ("2024.8.2", "2024.12.1", True),
        ("2024.12.1", "2025.1.0", False),
        ("2024.12.1", "2025.4.1", False),
        ("2025.3.0", "2025.4.1", False),
        ("2025.4.1", "2024.4.2", False),
        ("2025.4.1", "2025.5.1", True),
        ("2025.4.1", "2026.1.1", True),
        ("2025.5.1", "2025.4.1", False),
        ("2025.5.1", "2026.8.0", True),
        ("2025.12.0", "2026.8.0", True),
        ("2026.8.0", "2025.4.1", False),
        ("2026.8.0", "2025.5.1", True),
    ],
)
def test_versions_of_dask_that_understand_each_other(
    client: str, cluster: str, works: bool
) -> None:
    there = Cluster({**OWN, "distributed": cluster}, [])
    own = {**OWN, "distributed": client}
    if works:
        assert compare(own, there) is not None
        return
    with pytest.raises(VersionError, match="do not understand each other"):
        compare(own, there)


def test_versions_that_are_told_of() -> None:
    assert compare(OWN, Cluster(OWN, [OWN])) is None
    near = {**OWN, "python": "3.11.9.final.0", "numpy": "2.4.0"}
    assert compare(OWN, Cluster({**near, "numpy": "1.26.4"}, [near])) is None
    assert compare(OWN, Cluster({"python": "3.11.1"}, [])) is None
    other = {**OWN, "dask": "2026.1.0", "distributed": "2026.1.0"}
    assert compare(OWN, Cluster(other, [{**other, "numpy": "1.26.4"}, OWN])) == (
        "The script and the cluster have different versions: dask 2026.8.0 here, 2026.1.0 on the "
        "scheduler and 1 worker; numpy 2.4.6 here, 1.26.4 on 1 worker. Where results are wrong or "
        "tasks fail, use a Python with the cluster's versions."
    )


def test_versions_of_a_cluster(theirs: Theirs) -> None:
    there = ask_versions(theirs.address, None)
    assert there is not None and there.workers
    assert there.scheduler["python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert compare(own_versions(), there) is None
    assert ask_versions("tcp://127.0.0.1:9", None) is None


def test_versions_are_compared_before_a_run(theirs: Theirs, root: Path, script: Script) -> None:
    def change(dask_worker: Any, name: str, version: str | None) -> None:
        """Have a worker say that it has another version."""
        from distributed.versions import get_versions

        said = get_versions()
        if version is not None:
            said["packages"][name] = version
        dask_worker.handlers["versions"] = lambda: said

    path = script("print('ran')\n")
    try:
        theirs.client.run(change, name="dask", version="2026.1.0")
        run = theirs.run(root, path)
        assert run.wait()["state"] == "succeeded"
        said, printed = run.output.decode().splitlines()
        assert "different versions: dask " in said and printed == "ran"
        theirs.client.run(change, name="python", version="3.9.1.final.0")
        run = theirs.run(root, path)
        status = run.wait()
        assert (status["state"], status["error"]["code"]) == ("failed", "versionMismatch")
        assert status["driverPid"] is None and run.output == b""
        assert "Choose an interpreter with Python 3.9 in the profile." in status["error"]["message"]
    finally:
        theirs.client.run(change, name="", version=None)
