"""How scripts and tasks fail: exceptions, their tracebacks, workers that die."""

from __future__ import annotations

from same.cases import OWN_NAMES, case

case(
    "exception_of_task_caught",
    """
from dask.distributed import Client
def fail(x):
    return 1 / x
if __name__ == "__main__":
    client = Client()
    future = client.submit(fail, 0, key="divide")
    try:
        future.result()
    except ZeroDivisionError as error:
        print("caught", error)
    print(future.status, type(future.exception()).__name__)
""",
    unordered=True,
)
case(
    "exception_of_task_uncaught",
    """
from dask.distributed import Client
def load(row):
    raise ValueError("bad column")
if __name__ == "__main__":
    client = Client()
    print(client.submit(load, 1, key="load").result())
""",
    unordered=True,
)
case(
    "exception_of_driver",
    """
from dask.distributed import Client
def plot(value):
    raise KeyError("missing column")
if __name__ == "__main__":
    client = Client()
    plot(client.submit(abs, -1).result())
""",
)
case(
    "exception_of_driver_in_context",
    """
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print(client.submit(abs, -1).result())
        raise RuntimeError("in the block")
""",
)
case(
    "exception_at_top_level",
    """
from dask.distributed import Client
raise ImportError("nothing of this")
if __name__ == "__main__":
    client = Client()
""",
)
case(
    "exception_before_client",
    """
from dask.distributed import Client
if __name__ == "__main__":
    config = {"rows": 1}
    client = Client() if config["workers"] else None
""",
)
case(
    "syntax_error",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client(
    print("unclosed"
""",
)
case(
    "missing_module",
    """
from dask.distributed import Client
import no_such_module_at_all
if __name__ == "__main__":
    client = Client()
""",
)
case(
    "missing_module_in_task",
    """
from dask.distributed import Client
def task():
    import no_such_module_at_all
if __name__ == "__main__":
    client = Client()
    try:
        client.submit(task, key="task").result()
    except ModuleNotFoundError as error:
        print(error, error.name)
""",
    unordered=True,
)
case(
    "own_exception_class",
    """
from dask.distributed import Client
class BadRow(Exception):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.row = row
def check(row):
    raise BadRow(row, "negative")
if __name__ == "__main__":
    client = Client()
    try:
        client.submit(check, 7, key="check").result()
    except BadRow as error:
        print(error.row, error.args, type(error).__name__)
""",
    unordered=True,
)
case(
    "exception_that_does_not_pickle",
    """
import threading
from dask.distributed import Client
class Locked(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.lock = threading.Lock()
def fail():
    raise Locked("holds a lock")
if __name__ == "__main__":
    client = Client()
    try:
        client.submit(fail, key="fail").result()
    except Exception as error:
        print(type(error).__name__, "holds a lock" in str(error))
""",
    unordered=True,
)
case(
    "chained_exceptions",
    """
from dask.distributed import Client
def parse(text):
    try:
        return int(text)
    except ValueError as error:
        raise RuntimeError(f"cannot parse {text}") from error
if __name__ == "__main__":
    client = Client()
    try:
        client.submit(parse, "x", key="parse").result()
    except RuntimeError as error:
        print(error, "|", repr(error.__cause__))
    try:
        raise OSError("first")
    except OSError:
        raise TypeError("second")
""",
    unordered=True,
)
case(
    "traceback_of_task_printed",
    """
import traceback
from dask.distributed import Client
def inner(x):
    return x["a"]
def outer(x):
    return inner(x)
if __name__ == "__main__":
    client = Client()
    try:
        client.submit(outer, {}, key="outer").result()
    except KeyError:
        print("".join(traceback.format_exc(limit=-2)))
""",
    unordered=True,
)
case(
    "traceback_of_module_beside",
    """
from dask.distributed import Client
import helper
if __name__ == "__main__":
    client = Client()
    print(client.submit(helper.load, {}, key="load").result())
""",
    files={"helper.py": "def load(row):\n    value = row['name']\n    return value\n"},
    unordered=True,
)
case(
    "error_in_dependency",
    """
from dask.distributed import Client
def fail():
    raise ValueError("at the root")
if __name__ == "__main__":
    client = Client()
    root = client.submit(fail, key="root")
    leaf = client.submit(str, root, key="leaf")
    print(repr(leaf.exception()), leaf.status)
    print(client.gather([root, leaf, client.submit(abs, -1)], errors="skip"))
""",
    unordered=True,
)
case(
    "exit_in_task",
    """
import sys
from dask.distributed import Client
def leave():
    sys.exit(4)
if __name__ == "__main__":
    client = Client()
    future = client.submit(leave, key="leave")
    print(repr(future.exception()))
    print(client.submit(abs, -1).result())
""",
    unordered=True,
    differs=OWN_NAMES,
    differs_in=("yarn",),
)
case(
    "killed_worker",
    """
import os
import dask
from dask.distributed import Client, KilledWorker
def die():
    os._exit(1)
if __name__ == "__main__":
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    client = Client()
    try:
        client.submit(die, key="die").result()
    except KilledWorker as error:
        print(type(error).__name__, error.task)
    print(client.submit(abs, -1).result())
""",
    unordered=True,
)
case(
    "worker_dies_once",
    """
import os
from dask.distributed import Client
def die_once():
    if not os.path.exists("died"):
        open("died", "w").close()
        os._exit(1)
    return "survived"
if __name__ == "__main__":
    client = Client()
    print(client.submit(die_once).result())
    client.wait_for_workers(2)
    print(len(client.ncores()))
""",
    unordered=True,
)
case(
    "result_that_does_not_pickle",
    """
import threading
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    future = client.submit(threading.Lock, key="lock")
    try:
        future.result()
    except Exception as error:
        print(type(error).__name__)
""",
    unordered=True,
)
case(
    "argument_that_does_not_pickle",
    """
import threading
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    try:
        client.submit(id, threading.Lock()).result()
    except TypeError as error:
        print(type(error).__name__, error.args[0])
""",
    unordered=True,
)
case(
    "assertion_in_task_of_graph",
    """
import dask
from dask.distributed import Client
@dask.delayed
def check(x):
    assert x < 2, f"too large: {x}"
    return x
if __name__ == "__main__":
    client = Client()
    try:
        dask.compute([check(i) for i in range(3)])
    except AssertionError as error:
        print("failed:", error)
""",
    unordered=True,
)
