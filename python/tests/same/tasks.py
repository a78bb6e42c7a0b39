"""What tasks are and have: their keys, their worker, the script's own classes and names."""

from __future__ import annotations

from same.cases import ON_THIS_MACHINE, OWN_NAMES, THERE_BEFORE, case

case(
    "purity_of_tasks",
    """
import os
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -3).key == client.submit(abs, -3).key)
    print(client.submit(os.getpid, pure=False).key == client.submit(os.getpid, pure=False).key)
    print(client.submit(abs, -3, key="mine").key)
""",
)
case(
    "keys_are_those_of_plain_python",
    """
from dask.distributed import Client
def load(x):
    return x
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -3).key)
    print(client.submit(load, 3).key)
    print([future.key for future in client.map(load, [1, 2])])
""",
    # They hold the path of the script.
    only=ON_THIS_MACHINE,
)
case(
    "worker_client_in_task",
    """
from dask.distributed import Client, worker_client
def fibonacci(n):
    if n < 2:
        return n
    with worker_client() as client:
        a, b = client.submit(fibonacci, n - 1), client.submit(fibonacci, n - 2)
        return sum(client.gather([a, b]))
if __name__ == "__main__":
    client = Client()
    print(client.submit(fibonacci, 5).result())
""",
)
case(
    "get_client_in_task",
    """
from dask.distributed import Client, get_client, secede, rejoin
def parent(n):
    client = get_client()
    futures = client.map(abs, range(-n, 0))
    secede()
    values = client.gather(futures)
    rejoin()
    return sum(values)
if __name__ == "__main__":
    client = Client()
    print(client.gather(client.map(parent, [3, 4])))
""",
)
case(
    "get_worker_in_task",
    """
from dask.distributed import Client, get_worker
def who():
    worker = get_worker()
    return type(worker).__name__, worker.state.nthreads, worker.name in (0, 1)
if __name__ == "__main__":
    client = Client()
    print(client.submit(who).result())
""",
    differs=OWN_NAMES,
    differs_in=("attached", "yarn"),
)
case(
    "task_on_named_worker",
    """
from dask.distributed import Client, get_worker
def name():
    return get_worker().name
if __name__ == "__main__":
    client = Client()
    print([client.submit(name, workers=[n], pure=False).result() for n in (0, 1)])
    print(client.submit(name, workers=[1], allow_other_workers=True, pure=False).done() in
          (True, False))
""",
    differs=OWN_NAMES,
    differs_in=("attached", "yarn"),
)
case(
    "actor_counts",
    """
from dask.distributed import Client
class Counter:
    n = 0
    def __init__(self, start):
        self.n = start
    def increment(self):
        self.n += 1
        return self.n
if __name__ == "__main__":
    client = Client()
    counter = client.submit(Counter, 5, actor=True).result()
    print([counter.increment().result() for _ in range(3)], counter.n)
""",
)
case(
    "classes_of_the_script",
    """
from dataclasses import dataclass
from enum import Enum
from dask.distributed import Client
class Kind(Enum):
    A = 1
    B = 2
@dataclass(frozen=True)
class Point:
    x: int
    kind: Kind = Kind.A
    def moved(self):
        return Point(self.x + 1, Kind.B)
if __name__ == "__main__":
    client = Client()
    point = client.submit(Point.moved, Point(1)).result()
    print(point, isinstance(point, Point), point.kind is Kind.B, type(point).__module__)
""",
)
case(
    "globals_and_closures",
    """
from dask.distributed import Client
FACTOR = 3
def make(offset):
    return lambda x: x * FACTOR + offset
if __name__ == "__main__":
    FACTOR = 5
    client = Client()
    print(client.submit(make(1), 2).result())
    print(client.submit(lambda: __name__).result())
""",
)
case(
    "main_module_in_task",
    """
import sys
from dask.distributed import Client
def names():
    main = sys.modules["__main__"]
    return hasattr(main, "MARK"), getattr(main, "__file__", None) is not None
MARK = 1
if __name__ == "__main__":
    client = Client()
    print(client.submit(names).result(), client.submit(names).result())
""",
    differs=THERE_BEFORE,
    differs_in=("shared", "attached"),
)
