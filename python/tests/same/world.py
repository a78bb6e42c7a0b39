"""Folder, path, variables, settings and arguments: the driver's world is the workers' world."""

from __future__ import annotations

from same.cases import case

case(
    "relative_path_read",
    """
from dask.distributed import Client
def read(path):
    with open(path) as file:
        return file.read()
if __name__ == "__main__":
    client = Client()
    print(client.submit(read, "data/a.txt").result())
""",
    files={"data/a.txt": "content"},
)
case(
    "relative_path_written",
    """
import os
from dask.distributed import Client
def part(i):
    os.makedirs("out", exist_ok=True)
    with open(f"out/part-{i}.txt", "w") as file:
        file.write(str(i))
    return os.getcwd()
if __name__ == "__main__":
    client = Client()
    print(set(client.gather(client.map(part, range(3)))) == {os.getcwd()})
    print(sorted(os.listdir("out")))
""",
    differs="In containers each worker has a folder of its own: its files come back with the run.",
    differs_in=("yarn",),
)
case(
    "folder_changed_before_client",
    """
import os
from dask.distributed import Client
if __name__ == "__main__":
    os.makedirs("elsewhere")
    os.chdir("elsewhere")
    client = Client()
    print(os.path.basename(client.submit(os.getcwd).result()))
""",
)
case(
    "module_beside",
    """
from dask.distributed import Client
import helper
if __name__ == "__main__":
    client = Client()
    print(client.submit(helper.double, 21).result())
""",
    files={"helper.py": "def double(x):\n    return 2 * x\n"},
)
case(
    "package_beside",
    """
from dask.distributed import Client
from package.inner import part
if __name__ == "__main__":
    client = Client()
    print(client.gather(client.map(part.value, range(3))))
""",
    files={
        "package/__init__.py": "",
        "package/inner/__init__.py": "",
        "package/inner/part.py": "from .. import inner\n\ndef value(i):\n"
        "    return inner.__name__, i\n",
    },
)
case(
    "module_imported_in_task",
    """
from dask.distributed import Client
def task():
    import helper
    return helper.NAME, helper.__name__
if __name__ == "__main__":
    client = Client()
    print(client.submit(task).result())
""",
    files={"helper.py": "NAME = 'beside'\n"},
)
case(
    "path_from_script",
    """
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "libs"))
from utl import f
from dask.distributed import Client
if __name__ == "__main__":
    print(Client().submit(f, 1).result())
""",
    path="scripts/run.py",
    files={"libs/utl.py": "def f(x):\n    return x + 41\n"},
)
case(
    "path_in_guard",
    """
import os, sys
from dask.distributed import Client
if __name__ == "__main__":
    sys.path.append(os.path.join(os.getcwd(), "libs"))
    import utl
    print(Client().submit(utl.f, 1).result())
""",
    files={"libs/utl.py": "def f(x):\n    return x + 41\n"},
)
case(
    "python_path",
    """
from dask.distributed import Client
import fromthere
if __name__ == "__main__":
    print(Client().submit(fromthere.f).result())
""",
    environment={"PYTHONPATH": "{folder}/libs"},
    files={"libs/fromthere.py": "def f():\n    return 'there'\n"},
)
case(
    "variable_set_by_script",
    """
import os
os.environ["TOKEN"] = os.environ.get("TOKEN", "") + "1"
from dask.distributed import Client
def task():
    return os.environ.get("TOKEN"), os.environ.get("OPT")
if __name__ == "__main__":
    client = Client()
    print(os.environ.get("TOKEN"), client.submit(task, pure=False).result())
""",
    environment={"OPT": "option"},
)
case(
    "variable_set_in_guard",
    """
import os
from dask.distributed import Client
def task():
    return os.environ.get("TOKEN")
if __name__ == "__main__":
    os.environ["TOKEN"] = "1"
    client = Client()
    print(os.environ.get("TOKEN"), client.submit(task, pure=False).result())
""",
)
case(
    "variable_removed",
    """
import os
from dask.distributed import Client
def task():
    return os.environ.get("GONE", "not there")
if __name__ == "__main__":
    del os.environ["GONE"]
    client = Client()
    print(client.submit(task, pure=False).result())
""",
    environment={"GONE": "x"},
)
case(
    "variable_set_after_client",
    """
import os
from dask.distributed import Client
def task():
    return os.environ.get("LATE", "not there")
if __name__ == "__main__":
    client = Client()
    os.environ["LATE"] = "x"
    print(client.submit(task, pure=False).result())
""",
)
case(
    "threads_of_libraries",
    """
import os
from dask.distributed import Client
def task():
    return [os.environ.get(f"{n}_NUM_THREADS") for n in ("OMP", "MKL", "OPENBLAS")]
if __name__ == "__main__":
    client = Client()
    print(client.submit(task).result())
""",
)
case(
    "hash_seed",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(hash, "text", pure=False).result())
""",
)
case(
    "setting_of_workers",
    """
import dask
from dask.distributed import Client
def target(dask_worker):
    return dask_worker.memory_manager.memory_target_fraction
if __name__ == "__main__":
    dask.config.set({"distributed.worker.memory.target": 0.33})
    client = Client()
    print(set(client.run(target).values()))
""",
)
case(
    "setting_by_variable",
    """
import os
os.environ["DASK_DISTRIBUTED__WORKER__MEMORY__TARGET"] = "0.44"
import dask
from dask.distributed import Client
def target(dask_worker):
    return dask_worker.memory_manager.memory_target_fraction
if __name__ == "__main__":
    client = Client()
    print(dask.config.get("distributed.worker.memory.target"))
    print(set(client.run(target).values()))
""",
)
case(
    "setting_of_scheduler",
    """
import dask
from dask.distributed import Client
def settings(dask_scheduler):
    return dask_scheduler.allowed_failures, dask_scheduler.WORKER_SATURATION
if __name__ == "__main__":
    prefix = "distributed.scheduler."
    dask.config.set({prefix + "allowed-failures": 7, prefix + "worker-saturation": 1.5})
    client = Client()
    print(client.run_on_scheduler(settings))
""",
)
case(
    "packages_are_there_when_they_are_imported",
    """
import sys
import dask
if __name__ == "__main__":
    print("distributed" in sys.modules, "dask.distributed" in sys.modules)
    print(hasattr(dask, "distributed"))
    import distributed
    print("dask.distributed" in sys.modules, hasattr(dask, "distributed"))
    import dask.distributed
    print(dask.distributed.Client is distributed.Client)
    with dask.distributed.Client() as client:
        print(client.submit(abs, -1).result())
""",
)
case(
    "own_setting_in_task",
    """
import dask
from dask.distributed import Client
def task():
    return dask.config.get("mine.value", "not there")
if __name__ == "__main__":
    dask.config.set({"mine.value": [1, 2]})
    client = Client()
    print(client.submit(task).result())
""",
)
case(
    "arguments",
    """
import os, sys
from dask.distributed import Client
def task():
    return sys.argv[1:]
if __name__ == "__main__":
    client = Client()
    print(client.submit(task).result(), os.path.basename(sys.argv[0]))
""",
    args=["one", "two words", "--flag"],
)
case(
    "top_level_of_script_runs_on_workers",
    """
import os
from dask.distributed import Client
STATE = {"set": os.environ.get("FROM_OUTSIDE")}
import decimal
decimal.getcontext().prec = 7
def task():
    import decimal
    return str(decimal.Decimal(1) / 3)
def prec(dask_worker):
    import sys
    return "__mp_main__" in sys.modules
if __name__ == "__main__":
    client = Client()
    print(set(client.run(prec).values()))
""",
    environment={"FROM_OUTSIDE": "x"},
)
case(
    "print_at_top_level",
    """
from dask.distributed import Client
print("imported")
if __name__ == "__main__":
    client = Client()
    print(len(client.ncores()) > 0)
    n = len(client.ncores())
    client.close()
    open("count.txt", "w").write("same")
""",
    unordered=True,
)
case(
    "name_of_a_standard_module_beside",
    """
from dask.distributed import Client
import helper
def task():
    import statistics
    return helper.KEY, statistics.MINE
if __name__ == "__main__":
    client = Client()
    print(client.submit(task).result())
""",
    files={"helper.py": "KEY = 1\n", "statistics.py": "MINE = 'beside'\n"},
)
