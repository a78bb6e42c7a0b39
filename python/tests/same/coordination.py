"""What tasks and clients share: locks, queues, variables, events, data sets, plugins, resources."""

from __future__ import annotations

from same.cases import (
    DATA_STAYS,
    OWN_FOLDERS,
    OWN_NAMES,
    OWN_WORKERS,
    THERE_BEFORE,
    THEY_STAY,
    case,
)

case(
    "queue_between_tasks",
    """
from dask.distributed import Client, Queue
def produce(name):
    queue = Queue(name)
    for i in range(3):
        queue.put(i)
    return queue.qsize() >= 0
if __name__ == "__main__":
    client = Client()
    queue = Queue("numbers")
    print(client.submit(produce, "numbers").result())
    print([queue.get(timeout=60) for _ in range(3)], queue.qsize())
""",
)
case(
    "variable_holds_future",
    """
from dask.distributed import Client, Variable
def read(name):
    return Variable(name).get(timeout=60)
if __name__ == "__main__":
    client = Client()
    variable = Variable("stop")
    variable.set({"stop": False})
    print(client.submit(read, "stop", pure=False).result())
    variable.set(client.submit(abs, -7))
    print(variable.get().result())
""",
)
case(
    "lock_keeps_apart",
    """
from dask.distributed import Client, Lock
def add(path):
    with Lock("file"):
        with open(path) as file:
            count = int(file.read())
        with open(path, "w") as file:
            file.write(str(count + 1))
if __name__ == "__main__":
    client = Client()
    with open("count.txt", "w") as file:
        file.write("0")
    client.gather([client.submit(add, "count.txt", pure=False) for _ in range(10)])
    print(open("count.txt").read())
""",
    differs=OWN_FOLDERS,
    differs_in=("shared", "attached", "yarn"),
)
case(
    "event_wakes_task",
    """
from dask.distributed import Client, Event
def wait_for(name):
    return Event(name).wait(timeout=60)
if __name__ == "__main__":
    client = Client()
    future = client.submit(wait_for, "go")
    Event("go").set()
    print(future.result(), Event("go").is_set())
""",
)
case(
    "semaphore_limits",
    """
from dask.distributed import Client, Semaphore
def use(i, semaphore):
    with semaphore:
        return i, semaphore.get_value() <= 2
if __name__ == "__main__":
    client = Client()
    semaphore = Semaphore(max_leases=2, name="database")
    futures = client.map(use, range(5), semaphore=semaphore)
    print(client.gather(futures))
    semaphore.close()
""",
)
case(
    "multi_lock",
    """
from dask.distributed import Client, MultiLock
def use(i):
    with MultiLock(["a", "b"]):
        return i
if __name__ == "__main__":
    client = Client()
    print(client.gather(client.map(use, range(4))))
""",
)
case(
    "topic_subscribed",
    """
import threading
from dask.distributed import Client, get_worker
def tell():
    get_worker().log_event("topic", {"hello": 1})
if __name__ == "__main__":
    client = Client()
    arrived = threading.Event()
    def handle(event):
        print("told", event[1])
        arrived.set()
    client.subscribe_topic("topic", handle)
    client.submit(tell).result()
    print(arrived.wait(60))
    client.unsubscribe_topic("topic")
""",
)
case(
    "events_of_tasks",
    """
from dask.distributed import Client, get_worker
def tell(i):
    get_worker().log_event("progress", {"i": i})
if __name__ == "__main__":
    client = Client()
    client.gather(client.map(tell, range(3)))
    client.log_event("progress", "from the client")
    print(sorted(str(event) for _, event in client.get_events("progress"))[-1])
    print(len(client.get_events("progress")))
""",
)
case(
    "published_dataset",
    """
from dask.distributed import Client, get_client
def see():
    return sorted(get_client().list_datasets())
if __name__ == "__main__":
    client = Client()
    client.publish_dataset(numbers=client.scatter([1, 2, 3]))
    client.datasets["more"] = [4]
    print(client.submit(see).result(), client.gather(client.get_dataset("numbers")))
    client.unpublish_dataset("numbers")
    print(list(client.list_datasets()), client.datasets["more"])
    del client.datasets["more"]
""",
)
case(
    "resources_by_setting",
    """
import dask
from dask.distributed import Client
def on_gpu(x):
    return x
if __name__ == "__main__":
    with dask.config.set({"distributed.worker.resources.GPU": 2}):
        client = Client()
        print({str(w["resources"]) for w in client.scheduler_info()["workers"].values()})
        print(client.submit(on_gpu, 1, resources={"GPU": 1}).result())
""",
    # It would wait for a worker that has them.
    only=OWN_WORKERS,
)
case(
    "annotations",
    """
import dask
from dask.distributed import Client, get_worker
@dask.delayed
def where(i):
    return i, get_worker().name
if __name__ == "__main__":
    client = Client()
    with dask.annotate(workers=[1], priority=5, retries=2):
        tasks = [where(i) for i in range(3)]
    print(dask.compute(*tasks, optimize_graph=False))
""",
    # Those of others have other names: the task would wait for one.
    only=OWN_WORKERS,
    differs=OWN_NAMES,
    differs_in=("yarn",),
)
case(
    "worker_plugin",
    """
from dask.distributed import Client, WorkerPlugin
class Connection(WorkerPlugin):
    def __init__(self, text):
        self.text = text
    def setup(self, worker):
        worker.connection = self.text
    def teardown(self, worker):
        with open(f"teardown-{worker.name}.txt", "w") as file:
            file.write(worker.connection)
def look(dask_worker):
    return getattr(dask_worker, "connection", None)
if __name__ == "__main__":
    client = Client()
    client.register_plugin(Connection("open"), name="connection")
    print(set(client.run(look).values()))
    client.unregister_worker_plugin("connection")
    print("removed")
""",
    differs=OWN_NAMES,
    differs_in=("shared", "attached", "yarn"),
)
case(
    "worker_plugin_of_new_workers",
    """
from dask.distributed import Client, WorkerPlugin
class Mark(WorkerPlugin):
    def setup(self, worker):
        worker.mark = "marked"
def look(dask_worker):
    return dask_worker.mark
if __name__ == "__main__":
    client = Client()
    client.register_plugin(Mark())
    client.cluster.scale(3)
    client.wait_for_workers(3)
    print(list(client.run(look).values()))
""",
    only=OWN_WORKERS,
)
case(
    "worker_plugin_torn_down_at_end",
    """
from dask.distributed import Client, WorkerPlugin
class Writes(WorkerPlugin):
    def teardown(self, worker):
        with open(f"end-{worker.name}.txt", "w") as file:
            file.write("closed")
if __name__ == "__main__":
    with Client() as client:
        client.register_plugin(Writes())
        print(client.submit(abs, -1).result())
""",
    differs=THEY_STAY,
    differs_in=("kept", "shared", "attached", "yarn"),
)
case(
    "nanny_plugin",
    """
import os
from dask.distributed import Client, NannyPlugin
class Variables(NannyPlugin):
    restart = True
    def setup(self, nanny):
        nanny.env.update({"FROM_NANNY": "yes"})
def look():
    return os.environ.get("FROM_NANNY")
if __name__ == "__main__":
    client = Client()
    client.register_plugin(Variables())
    client.wait_for_workers(2)
    print(client.submit(look, pure=False).result())
""",
    unordered=True,
)
case(
    "environ_plugin",
    """
import os
from dask.distributed import Client
from distributed.diagnostics.plugin import Environ
def look():
    return os.environ.get("SET_BY_PLUGIN")
if __name__ == "__main__":
    client = Client()
    client.register_plugin(Environ({"SET_BY_PLUGIN": "1"}))
    client.wait_for_workers(2)
    print(client.submit(look, pure=False).result())
""",
    unordered=True,
)
case(
    "scheduler_plugin",
    """
from dask.distributed import Client, SchedulerPlugin
class Counter(SchedulerPlugin):
    name = "counter"
    def __init__(self):
        self.finished = 0
    def transition(self, key, start, finish, *args, **kwargs):
        if finish == "memory":
            self.finished += 1
def count(dask_scheduler):
    return dask_scheduler.plugins["counter"].finished
if __name__ == "__main__":
    client = Client()
    client.register_plugin(Counter())
    client.gather(client.map(abs, range(-5, 0)))
    print(client.run_on_scheduler(count))
""",
)
case(
    "preload_of_workers",
    """
import dask
from dask.distributed import Client
def look(dask_worker):
    return getattr(dask_worker, "preloaded", "not there")
if __name__ == "__main__":
    dask.config.set({"distributed.worker.preload": ["before"]})
    client = Client()
    print(set(client.run(look).values()))
""",
    files={"before.py": "def dask_setup(worker):\n    worker.preloaded = 'yes'\n"},
    unordered=True,
    differs=THERE_BEFORE,
    differs_in=("shared", "attached"),
)
case(
    "serializer_at_top_level",
    """
from dask.distributed import Client
from distributed.protocol import dask_deserialize, dask_serialize
class Human:
    def __init__(self, name):
        self.name = name
@dask_serialize.register(Human)
def serialize(human):
    return {}, [human.name.encode()]
@dask_deserialize.register(Human)
def deserialize(header, frames):
    return Human(bytes(frames[0]).decode() + "!")
def greet(human):
    return human.name
if __name__ == "__main__":
    client = Client()
    human = client.scatter(Human("Alice"))
    print(client.submit(greet, human).result())
""",
    differs=THERE_BEFORE,
    differs_in=("attached",),
)
case(
    "pickled_by_own_rule",
    """
import copyreg
from dask.distributed import Client
class Handle:
    def __init__(self, number):
        self.number = number
    def __reduce__(self):
        return Handle, (self.number + 1,)
def number(handle):
    return handle.number
if __name__ == "__main__":
    client = Client()
    print(client.submit(number, Handle(1)).result() > 1)
    print(client.submit(Handle, 5).result().number)
""",
)
case(
    "settings_in_contexts",
    """
import dask
from dask.distributed import Client
if __name__ == "__main__":
    with dask.config.set({"distributed.comm.timeouts.connect": "11s", "mine": 1}):
        with Client() as client:
            print(client.submit(dask.config.get, "mine").result())
            print(set(client.run(dask.config.get, "distributed.comm.timeouts.connect").values()))
    with Client() as client:
        print(client.submit(dask.config.get, "mine", None).result())
""",
    differs=THERE_BEFORE,
    differs_in=("shared", "attached"),
)
case(
    "performance_report_written",
    """
import os
from dask.distributed import Client, performance_report
if __name__ == "__main__":
    client = Client()
    with performance_report(filename="report.html"):
        client.gather(client.map(abs, range(5)))
    print(os.path.getsize("report.html") > 10_000)
    os.remove("report.html")
""",
)
case(
    "task_stream_and_profile",
    """
from dask.distributed import Client, get_task_stream
if __name__ == "__main__":
    client = Client()
    with get_task_stream(client) as stream:
        client.gather(client.map(abs, range(5), key=["a", "b", "c", "d", "e"]))
    print(sorted(task["key"] for task in stream.data))
    print(sorted(client.profile())[:2])
""",
)
case(
    "traces_of_a_run",
    """
import os
from dask.distributed import Client, WorkerPlugin
class Mine(WorkerPlugin):
    name = "mine"
def look(dask_worker):
    return os.environ.get("LEFT"), getattr(dask_worker, "left", None), "mine" in dask_worker.plugins
def leave(dask_worker):
    os.environ["LEFT"] = "1"
    dask_worker.left = 42
if __name__ == "__main__":
    for _ in range(2):
        with Client() as client:
            print(set(client.run(look).values()), len(client.list_datasets()))
            client.run(leave)
            client.register_plugin(Mine())
            client.publish_dataset(left=[1, 2, 3], override=True)
    with Client() as client:
        for name in client.list_datasets():
            client.unpublish_dataset(name)
""",
    differs=DATA_STAYS,
    differs_in=("kept", "shared", "attached", "yarn"),
)
