"""Futures: submit, map, gather, scatter, cancel, retry."""

from __future__ import annotations

from same.cases import OWN_FOLDERS, case

case(
    "submit_chain",
    """
from dask.distributed import Client
def inc(x):
    return x + 1
def add(x, y):
    return x + y
if __name__ == "__main__":
    client = Client()
    a = client.submit(inc, 10)
    b = client.submit(inc, 20)
    c = client.submit(add, a, b)
    print(c.result(), c.status, c.done())
""",
)
case(
    "map_several_arguments",
    """
from dask.distributed import Client
def area(width, height, scale=1):
    return width * height * scale
if __name__ == "__main__":
    client = Client()
    futures = client.map(area, [1, 2, 3], [4, 5, 6], scale=10)
    print(client.gather(futures))
    print(client.submit(sum, futures).result())
""",
)
case(
    "map_in_batches",
    """
from dask.distributed import Client
def square(x):
    return x * x
if __name__ == "__main__":
    with Client() as client:
        futures = client.map(square, range(100), batch_size=20)
        print(sum(client.gather(futures)))
""",
)
case(
    "as_completed_all",
    """
from dask.distributed import Client, as_completed
def double(x):
    return 2 * x
if __name__ == "__main__":
    client = Client()
    futures = client.map(double, range(6))
    print(sorted(future.result() for future in as_completed(futures)))
    print(sorted(value for _, value in as_completed(futures, with_results=True)))
""",
)
case(
    "as_completed_adds_more",
    """
from dask.distributed import Client, as_completed
def collatz(n):
    return n // 2 if n % 2 == 0 else 3 * n + 1
if __name__ == "__main__":
    client = Client()
    running = as_completed([client.submit(collatz, 6)])
    seen = []
    for future in running:
        seen.append(future.result())
        if seen[-1] != 1:
            running.add(client.submit(collatz, seen[-1]))
    print(seen)
""",
)
case(
    "as_completed_batches",
    """
from dask.distributed import Client, as_completed
if __name__ == "__main__":
    client = Client()
    found = []
    for batch in as_completed(client.map(str, range(8)), with_results=True).batches():
        found += [value for _, value in batch]
    print(sorted(found))
""",
)
case(
    "wait_first_completed",
    """
import time
from dask.distributed import Client, wait
def rest(seconds):
    time.sleep(seconds)
    return seconds
if __name__ == "__main__":
    client = Client()
    slow, fast = client.submit(rest, 0.5), client.submit(rest, 0.01)
    done, rest_of_them = wait([slow, fast], return_when="FIRST_COMPLETED")
    print([future.result() for future in done], len(rest_of_them))
    done, rest_of_them = wait([slow, fast])
    print(len(done), len(rest_of_them))
""",
)
case(
    "wait_times_out",
    """
import time
from dask.distributed import Client, wait
if __name__ == "__main__":
    client = Client()
    future = client.submit(time.sleep, 0.5)
    try:
        wait(future, timeout=0.05)
    except TimeoutError as error:
        print(type(error).__name__, future.status)
    try:
        future.result(timeout=0.05)
    except TimeoutError as error:
        print(type(error).__name__)
    print(future.result(), future.status)
""",
)
case(
    "cancel_future",
    """
import time
from concurrent.futures import CancelledError
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    future = client.submit(time.sleep, 0.4)
    future.cancel()
    print(future.cancelled(), future.status)
    try:
        future.result()
    except CancelledError as error:
        print(type(error).__name__)
    print(client.submit(abs, -1).result())
""",
)
case(
    "callback_of_future",
    """
import threading
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    called = threading.Event()
    def tell(future):
        print("done:", future.result(), future.key)
        called.set()
    future = client.submit(abs, -5, key="five")
    future.add_done_callback(tell)
    print(called.wait(60))
""",
)
case(
    "scatter_broadcast",
    """
from dask.distributed import Client
def total(data, where):
    return sum(data), where
if __name__ == "__main__":
    client = Client()
    data = client.scatter([list(range(100))], broadcast=True)[0]
    print(len(client.who_has(data)[data.key]) == len(client.ncores()))
    workers = sorted(client.ncores())
    futures = [client.submit(total, data, n, workers=[w]) for n, w in enumerate(workers)]
    print(client.gather(futures))
""",
)
case(
    "scatter_dictionary",
    """
import numpy as np
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    parts = client.scatter({"x": np.arange(5), "y": np.ones(3)})
    print(sorted(parts), client.submit(np.sum, parts["x"]).result())
    print({name: value.sum() for name, value in client.gather(parts).items()} ==
          {"x": 10, "y": 3.0})
""",
)
case(
    "priorities",
    """
import threading
from dask.distributed import Client
def note(name):
    return name
if __name__ == "__main__":
    client = Client()
    low = client.map(note, ["a", "b"], priority=-10)
    high = client.submit(note, "c", priority=10)
    print(high.result(), client.gather(low))
""",
)
case(
    "retries_succeed",
    """
import os
from dask.distributed import Client
def flaky(path):
    with open(path, "a") as file:
        file.write("x")
    if os.path.getsize(path) < 3:
        raise OSError("not yet")
    return os.path.getsize(path)
if __name__ == "__main__":
    client = Client()
    print(client.submit(flaky, "count.txt", retries=5).result())
""",
    unordered=True,
    differs=OWN_FOLDERS,
    differs_in=("shared", "attached"),
)
case(
    "retry_of_a_future",
    """
import os
from dask.distributed import Client, wait
def needs_file():
    with open("wanted.txt") as file:
        return file.read()
if __name__ == "__main__":
    client = Client()
    future = client.submit(needs_file, key="needs")
    wait(future)
    print(future.status)
    with open("wanted.txt", "w") as file:
        file.write("here")
    future.retry()
    print(future.result())
""",
    unordered=True,
    differs=OWN_FOLDERS,
    differs_in=("shared", "attached", "yarn"),
)
case(
    "fire_and_forget_writes",
    """
import os, time
from dask.distributed import Client, fire_and_forget
def write(path):
    with open(path + ".tmp", "w") as file:
        file.write("written")
    os.rename(path + ".tmp", path)
if __name__ == "__main__":
    client = Client()
    fire_and_forget(client.submit(write, "later.txt"))
    for _ in range(1200):
        if os.path.exists("later.txt"):
            break
        time.sleep(0.05)
    print(open("later.txt").read())
""",
    differs=OWN_FOLDERS,
    differs_in=("shared", "attached", "yarn"),
)
case(
    "delayed_tasks_become_futures",
    """
import dask
from dask.distributed import Client, futures_of
@dask.delayed
def inc(x):
    return x + 1
if __name__ == "__main__":
    client = Client()
    total = dask.delayed(sum)([inc(i) for i in range(4)])
    kept = client.persist(total)
    print(len(futures_of(kept)), kept.compute(), client.compute(total).result())
    print(client.compute([inc(1), inc(2)], sync=True))
""",
)
case(
    "executor_of_client",
    """
from concurrent.futures import as_completed
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    with client.get_executor() as pool:
        print(list(pool.map(abs, [-1, -2])))
        futures = [pool.submit(pow, 2, n) for n in range(4)]
        print(sorted(future.result() for future in as_completed(futures)))
""",
)
