"""Dask's collections: arrays, data frames, bags, delayed, and graphs."""

from __future__ import annotations

from same.cases import OWN_FOLDERS, THERE_BEFORE, case

case(
    "array_sums",
    """
import dask.array as da
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    x = da.arange(1000, chunks=100).reshape(100, 10)
    print(x.sum().compute(), x.mean(axis=0).compute()[:3], x.T.dot(x).sum().compute())
""",
)
case(
    "array_random_state",
    """
import dask.array as da
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    x = da.random.default_rng(42).normal(size=(200, 20), chunks=(50, 20))
    print(x.mean().compute(), x.std().compute())
    print(da.random.RandomState(1).uniform(size=4, chunks=2).compute())
""",
)
case(
    "array_rechunk_p2p",
    """
import dask
import dask.array as da
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    x = da.arange(400, chunks=40).reshape(20, 20)
    with dask.config.set({"array.rechunk.method": "p2p"}):
        y = x.rechunk((20, 2))
        print(y.chunks[1][:3], y.sum(axis=0).compute()[:4])
""",
)
case(
    "array_persisted",
    """
import dask.array as da
from dask.distributed import Client, futures_of, wait
if __name__ == "__main__":
    client = Client()
    x = da.ones((100, 100), chunks=(50, 50)).persist()
    wait(x)
    print(len(futures_of(x)), {future.status for future in futures_of(x)})
    print((x + x.T).sum().compute())
""",
)
case(
    "array_stored_in_files",
    """
import os
import numpy as np
import dask.array as da
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    x = da.arange(20, chunks=5)
    da.to_npy_stack("stack", x)
    print(sorted(os.listdir("stack"))[:2])
    print(da.from_npy_stack("stack").sum().compute())
    import shutil
    shutil.rmtree("stack")
""",
    differs=OWN_FOLDERS,
    differs_in=("shared", "attached", "yarn"),
)
case(
    "array_memory_map",
    """
import numpy as np
import dask.array as da
from dask.distributed import Client
if __name__ == "__main__":
    target = np.memmap("out.dat", dtype="i8", mode="w+", shape=(12,))
    target.flush()
    client = Client()
    def write(block, block_info=None):
        (start, stop), = block_info[0]["array-location"]
        part = np.memmap("out.dat", dtype="i8", mode="r+", shape=(12,))
        part[start:stop] = block
        part.flush()
        return block
    da.arange(12, chunks=3).map_blocks(write, dtype="i8").compute()
    print(target.tolist())
""",
    differs=OWN_FOLDERS,
    differs_in=("shared", "attached", "yarn"),
)
case(
    "map_blocks_of_script",
    """
import numpy as np
import dask.array as da
from dask.distributed import Client
def scale(block, factor):
    return block * factor
if __name__ == "__main__":
    client = Client()
    x = da.ones((6, 6), chunks=3)
    print(x.map_blocks(scale, 3).sum().compute())
    print(da.map_overlap(lambda b: b + 1, x, depth=1, boundary="reflect").sum().compute())
""",
)
case(
    "frame_group_by",
    """
import pandas as pd
import dask.dataframe as dd
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    frame = pd.DataFrame({"k": list("abcab") * 4, "v": range(20)})
    df = dd.from_pandas(frame, npartitions=4)
    print(df.groupby("k").v.sum().compute().sort_index().to_dict())
    print(df.v.max().compute(), len(df), df.npartitions)
    print(df.describe().compute().loc["mean", "v"])
""",
)
case(
    "frame_from_csv",
    """
import dask.dataframe as dd
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    df = dd.read_csv("data/*.csv")
    print(df.npartitions, df.x.sum().compute(), df.columns.tolist())
    df[df.x > 1].to_csv("out-*.csv", index=False)
""",
    files={"data/a.csv": "x,y\n1,a\n2,b\n", "data/b.csv": "x,y\n3,c\n4,d\n"},
)
case(
    "frame_to_parquet",
    """
import os
import shutil
import pandas as pd
import dask.dataframe as dd
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    df = dd.from_pandas(pd.DataFrame({"a": range(10), "b": list("xy") * 5}), npartitions=2)
    df.to_parquet("table")
    print(sorted(os.listdir("table")))
    print(dd.read_parquet("table", filters=[("a", ">", 6)]).a.sum().compute())
    shutil.rmtree("table")
""",
)
case(
    "frame_shuffled_p2p",
    """
import dask
import pandas as pd
import dask.dataframe as dd
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    with dask.config.set({"dataframe.shuffle.method": "p2p"}):
        df = dd.from_pandas(pd.DataFrame({"k": [3, 1, 2] * 10, "v": range(30)}), npartitions=5)
        shuffled = df.shuffle("k")
        sizes = shuffled.map_partitions(lambda part: part.k.nunique()).compute()
        print(sum(sizes), shuffled.v.sum().compute())
""",
)
case(
    "frame_merge_and_sort",
    """
import pandas as pd
import dask.dataframe as dd
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    left = dd.from_pandas(pd.DataFrame({"k": range(8), "a": range(8)}), npartitions=3)
    right = dd.from_pandas(pd.DataFrame({"k": range(0, 16, 2), "b": range(8)}), npartitions=2)
    merged = left.merge(right, on="k").sort_values("k")
    print(merged.compute().to_string(index=False))
    print(left.set_index("k").loc[2:4].compute().a.tolist())
""",
)
case(
    "frame_map_partitions",
    """
import pandas as pd
import dask.dataframe as dd
from dask.distributed import Client
def shift(part, by):
    return part.assign(v=part.v + by)
if __name__ == "__main__":
    client = Client()
    df = dd.from_pandas(pd.DataFrame({"v": range(6)}), npartitions=2)
    print(df.map_partitions(shift, by=10).compute().v.tolist())
    print(df.v.apply(lambda v: v * 2, meta=("v", "int64")).compute().tolist())
""",
)
case(
    "frame_from_delayed",
    """
import dask
import pandas as pd
import dask.dataframe as dd
from dask.distributed import Client
def load(day):
    return pd.DataFrame({"day": [day] * 2, "v": [day, day * 10]})
if __name__ == "__main__":
    client = Client()
    df = dd.from_map(load, range(3))
    print(df.v.sum().compute())
    print(dd.from_delayed([dask.delayed(load)(i) for i in range(2)]).compute().v.tolist())
""",
)
case(
    "frame_of_published_timeseries",
    """
import dask
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    df = dask.datasets.timeseries(start="2000-01-01", end="2000-01-03", freq="1h", seed=1)
    print(len(df), sorted(df.columns), df.x.count().compute())
""",
)
case(
    "frame_settings_of_pandas",
    """
import pandas as pd
pd.set_option("display.max_rows", 7)
import dask.dataframe as dd
from dask.distributed import Client
def rows():
    return pd.get_option("display.max_rows")
if __name__ == "__main__":
    client = Client()
    print(rows(), client.submit(rows).result())
""",
    differs=THERE_BEFORE,
    differs_in=("shared", "attached"),
)
case(
    "bag_word_count",
    """
import dask.bag as db
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    words = db.read_text("texts/*.txt").str.split().flatten()
    print(sorted(words.frequencies().compute()))
    print(words.map(len).sum().compute(), words.npartitions)
""",
    files={"texts/1.txt": "to be or\nnot to be\n", "texts/2.txt": "be\n"},
)
case(
    "bag_folded",
    """
from operator import add
import dask.bag as db
from dask.distributed import Client
def odd(n):
    return n % 2
if __name__ == "__main__":
    client = Client()
    bag = db.from_sequence(range(10), npartitions=3)
    print(bag.filter(odd).fold(add).compute(), bag.foldby(odd, add, 0).compute())
    print(bag.map(str).to_textfiles("out/*.txt")[0])
""",
    unordered=True,
)
case(
    "delayed_graph",
    """
from dask import compute, delayed
from dask.distributed import Client
@delayed
def load(i):
    return list(range(i))
@delayed(pure=True)
def size(rows):
    return len(rows)
if __name__ == "__main__":
    client = Client()
    sizes = [size(load(i)) for i in range(5)]
    print(compute(*sizes), delayed(max)(sizes).compute(), load(3)[1].compute())
""",
)
case(
    "delayed_with_other_schedulers",
    """
import os
import dask
from dask.distributed import Client
@dask.delayed
def pid(i):
    return os.getpid()
if __name__ == "__main__":
    client = Client()
    for scheduler in ("synchronous", "threads", None):
        print(scheduler, pid(1).compute(scheduler=scheduler) == os.getpid())
    with dask.config.set(scheduler="threads"):
        print(pid(1).compute() == os.getpid())
""",
)
case(
    "schedulers_without_a_client",
    """
import os
import dask
@dask.delayed
def pid(i):
    return os.getpid()
if __name__ == "__main__":
    print(pid(1).compute() == os.getpid())
    print(pid(2).compute(scheduler="processes") == os.getpid())
""",
)
case(
    "graph_by_hand",
    """
from dask.distributed import Client
def inc(x):
    return x + 1
if __name__ == "__main__":
    client = Client()
    graph = {"a": 1, "b": (inc, "a"), "c": (inc, "b"), "d": (sum, ["a", "b", "c"])}
    print(client.get(graph, "d"), client.get(graph, ["c", ["b", "a"]]))
""",
)
case(
    "collections_computed_together",
    """
import dask
import dask.array as da
import dask.bag as db
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    x = da.ones(10, chunks=5)
    total, count, value = dask.compute(x.sum(), db.range(5, 2).count(), dask.delayed(abs)(-1))
    print(total, count, value)
    print(client.gather(client.compute([x.sum(), x.mean()])), dask.persist(x)[0].sum().compute())
""",
)
case(
    "spills_to_disk",
    """
import numpy as np
import dask
from dask.distributed import Client
def make(i):
    return np.full(2_000_000, i, dtype="i8")
def spilled(dask_worker):
    return type(dask_worker.data).__name__
if __name__ == "__main__":
    dask.config.set({"distributed.worker.memory.target": 0.0005})
    client = Client()
    futures = client.map(make, range(4))
    print(sum(client.gather(client.map(lambda a: int(a[0]), futures))))
    print(set(client.run(spilled).values()))
""",
    unordered=True,
)
case(
    "joblib_backend",
    """
from dask.distributed import Client
try:
    import joblib
except ImportError:
    joblib = None
def square(x):
    return x * x
if __name__ == "__main__":
    client = Client()
    if joblib is None:
        print("joblib is not installed")
    else:
        with joblib.parallel_config("dask"):
            print(joblib.Parallel()(joblib.delayed(square)(i) for i in range(4)))
""",
)
