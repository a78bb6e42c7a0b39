"""The cluster as scripts see it: its size, its dashboard, its end, and its workers."""

from __future__ import annotations

from same.cases import case

case(
    "dashboard_link_opens",
    """
import urllib.request
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    with urllib.request.urlopen(client.dashboard_link, timeout=60) as answer:
        print(answer.status, b"Dask" in answer.read())
    print(client.dashboard_link == client.cluster.dashboard_link)
""",
)
case(
    "scale_up_and_down",
    """
import time
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    client.cluster.scale(3)
    client.wait_for_workers(3)
    print(len(client.ncores()), client.submit(abs, -1).result())
    client.cluster.scale(1)
    for _ in range(1200):
        if len(client.ncores()) == 1:
            break
        time.sleep(0.05)
    print(len(client.ncores()), client.submit(abs, -2).result())
""",
    unordered=True,
)
case(
    "adapt_works",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    adaptive = client.cluster.adapt(minimum=1, maximum=3)
    print(adaptive.minimum, adaptive.maximum)
    print(sum(client.gather(client.map(abs, range(-20, 0)))))
""",
    unordered=True,
)
case(
    "shutdown_then_work",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    result = client.submit(sum, [1, 2]).result()
    client.shutdown()
    print("dask part over", client.status)
    with open("result.txt", "w") as file:
        file.write(str(result))
""",
    unordered=True,
)
case(
    "shutdown_then_error",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(sum, [1, 2]).result())
    client.shutdown()
    raise ValueError("bad column in plot")
""",
    unordered=True,
)
case(
    "shutdown_then_another_client",
    """
from dask.distributed import Client
if __name__ == "__main__":
    for n in range(2):
        client = Client()
        print(client.submit(pow, n, 2).result(), len(client.ncores()))
        client.shutdown()
""",
    unordered=True,
)
case(
    "cluster_closed_then_client",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.cluster.status.name, client.submit(abs, -1).result())
    cluster = client.cluster
    client.close()
    cluster.close()
    print(client.status, cluster.status.name)
""",
    unordered=True,
)
case(
    "clients_one_after_another",
    """
from dask.distributed import Client
def note(path):
    with open(path, "a") as file:
        file.write("x")
    with open(path) as file:
        return len(file.read())
if __name__ == "__main__":
    for i in range(3):
        with Client() as client:
            print(i, client.submit(note, "notes.txt").result())
""",
    differs="In containers each worker has a folder of its own: use gs:// between them.",
    differs_in=("yarn",),
)
case(
    "second_client_sees_new_world",
    """
import os
from dask.distributed import Client
def mode():
    return os.environ.get("MODE"), os.path.basename(os.getcwd())
if __name__ == "__main__":
    os.makedirs("inner")
    for i in range(2):
        os.environ["MODE"] = str(i)
        with Client() as client:
            print(client.submit(mode).result()[0])
        os.chdir("inner" if i == 0 else ".")
    print(os.path.basename(os.getcwd()))
""",
)
case(
    "modules_changed_between_clients",
    """
import importlib
from dask.distributed import Client
def version():
    import fresh
    return fresh.VERSION
if __name__ == "__main__":
    for number in (1, 22):
        with open("fresh.py", "w") as file:
            file.write(f"VERSION = {number}")
        with Client() as client:
            print(client.submit(version).result())
""",
)
case(
    "two_clients_at_once",
    """
from dask.distributed import Client
if __name__ == "__main__":
    a = Client()
    b = Client(a.scheduler.address, set_as_default=False)
    future = a.submit(abs, -4, key="shared")
    print(future.result(), b.submit(abs, -5).result(), a.scheduler.address == b.scheduler.address)
    b.close()
    print(a.submit(abs, -6).result())
""",
)
case(
    "two_clients_with_clusters",
    """
from dask.distributed import Client
if __name__ == "__main__":
    a = Client()
    b = Client(set_as_default=False)
    print(a.submit(abs, -4).result(), b.submit(abs, -5).result())
    print(a.scheduler.address == b.scheduler.address)
""",
    differs="A run has one cluster: both clients have it.",
)
case(
    "current_client",
    """
from dask.distributed import Client, default_client, get_client
if __name__ == "__main__":
    with Client() as client:
        print(default_client() is client, Client.current() is client, get_client() is client)
    try:
        default_client()
    except ValueError as error:
        print(str(error).splitlines()[0])
""",
)
case(
    "asynchronous_client",
    """
import asyncio
from dask.distributed import Client, as_completed
async def main():
    async with Client(asynchronous=True) as client:
        print(await client.submit(abs, -1))
        print(await client.gather(client.map(abs, [-2, -3])))
        print(sorted([await future async for future in as_completed(client.map(abs, [-4, -5]))]))
if __name__ == "__main__":
    asyncio.run(main())
""",
)
case(
    "asynchronous_scale",
    """
import asyncio
from dask.distributed import Client
async def main():
    client = await Client(asynchronous=True)
    client.cluster.scale(3)
    await client.wait_for_workers(3)
    print(len(await client.ncores()))
    await client.close()
if __name__ == "__main__":
    asyncio.run(main())
""",
)
case(
    "workers_as_asked_for",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client(n_workers=3, threads_per_worker=2)
    print(sorted(client.ncores().values()))
    print(client.submit(abs, -1).result())
""",
    differs="The profile says what workers there are: arguments of Client() are an error.",
)
case(
    "one_worker_as_asked_for",
    """
from dask.distributed import Client
if __name__ == "__main__":
    with Client(n_workers=1) as client:
        print(len(client.ncores()), client.submit(abs, -1).result())
""",
    differs="The profile says what workers there are: arguments of Client() are an error.",
)
case(
    "memory_limit_as_asked_for",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client(n_workers=2, threads_per_worker=1, memory_limit="600MB")
    workers = client.scheduler_info()["workers"].values()
    print({worker["memory_limit"] for worker in workers})
""",
    differs="The profile says what workers there are: arguments of Client() are an error.",
)
case(
    "threads_instead_of_processes",
    """
import os
from dask.distributed import Client
if __name__ == "__main__":
    client = Client(processes=False)
    print(client.submit(os.getpid, pure=False).result() == os.getpid())
""",
    differs="The profile says what workers there are: arguments of Client() are an error.",
)
case(
    "local_cluster_of_the_script",
    """
from dask.distributed import Client, LocalCluster
def double(x):
    return 2 * x
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            print(client.submit(double, 2).result(), len(client.ncores()), len(cluster.workers))
""",
)
case(
    "restart_forgets",
    """
from dask.distributed import Client
def count(dask_worker):
    dask_worker.mine = getattr(dask_worker, "mine", 0) + 1
    return dask_worker.mine
if __name__ == "__main__":
    client = Client()
    print(set(client.run(count).values()), set(client.run(count).values()))
    future = client.submit(abs, -1)
    future.result()
    client.restart()
    print(set(client.run(count).values()), future.status, client.submit(abs, -2).result())
""",
    unordered=True,
)
case(
    "upload_file_then_import",
    """
from dask.distributed import Client
def use():
    import uploaded
    return uploaded.f()
if __name__ == "__main__":
    with open("source.txt", "w") as file:
        file.write("def f():\\n    return 5\\n")
    import shutil, tempfile, os
    path = os.path.join(tempfile.mkdtemp(), "uploaded.py")
    shutil.copy("source.txt", path)
    client = Client()
    client.upload_file(path)
    print([client.submit(use, workers=[worker]).result() for worker in client.ncores()])
""",
)
case(
    "run_on_workers_and_scheduler",
    """
from dask.distributed import Client
def kind(dask_worker):
    return type(dask_worker).__name__
def workers(dask_scheduler):
    return len(dask_scheduler.workers), type(dask_scheduler).__name__
async def waits():
    return "awaited"
if __name__ == "__main__":
    client = Client()
    print(sorted(client.run(kind).values()), client.run_on_scheduler(workers)[0])
    print(set(client.run(waits).values()))
""",
)
case(
    "what_the_client_knows",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    future = client.submit(abs, -1, key="one")
    future.result()
    print(list(client.nthreads().values()), len(client.scheduler_info()["workers"]))
    print(sorted(sum(map(list, client.has_what().values()), [])), list(client.who_has([future])))
    print(sorted(client.get_versions(check=True)), client.processing() != {})
    print(sorted(worker["name"] for worker in client.scheduler_info()["workers"].values()))
    print(client.scheduler_info()["type"], client.status)
""",
    differs="Workers in containers have names that are never used twice.",
    differs_in=("yarn",),
)
case(
    "retire_workers",
    """
import time
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    kept = client.scatter([1, 2, 3, 4], hash=False)
    client.retire_workers(list(client.ncores())[:1])
    print(client.gather(kept), client.submit(abs, -1).result())
""",
    unordered=True,
)
case(
    "security_of_the_script",
    """
from dask.distributed import Client, LocalCluster
from distributed.security import Security
if __name__ == "__main__":
    security = Security.temporary()
    with LocalCluster(n_workers=1, security=security, dashboard_address=":0") as cluster:
        with Client(cluster, security=security) as client:
            print(client.scheduler.address.split(":")[0], client.submit(abs, -1).result())
""",
)
case(
    "cluster_as_text",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(repr(client.cluster).startswith("LocalCluster("), client.cluster.name != "")
    print("workers=2, threads=2" in repr(client.cluster), "processes=2 threads=2" in repr(client))
    print("<" in client._repr_html_(), "Cluster" in client.cluster._repr_html_())
""",
)
case(
    "logs_of_cluster",
    """
from dask.distributed import Client
def log(dask_worker):
    import logging
    logging.getLogger("distributed.worker").warning("told by a worker")
if __name__ == "__main__":
    client = Client()
    client.run(log)
    logs = client.get_worker_logs()
    print(len(logs), all("told by a worker" in str(log) for log in logs.values()))
    print(type(client.cluster.get_logs()).__name__)
""",
    unordered=True,
)
