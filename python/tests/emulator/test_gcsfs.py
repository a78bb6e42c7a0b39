"""``gs://`` in a job, by the gcsfs that machines of a cluster have, without a word about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.cloud import dataproc_v1

from .conftest import Emulator
from .test_jobs import State, wait

pytest.importorskip("gcsfs")
# One emulator for all.
pytestmark = pytest.mark.xdist_group("emulator")

SCRIPT = """\
import dask
import dask.dataframe as dd
import fsspec
import pandas as pd

dask.config.set(scheduler="synchronous")
frame = pd.DataFrame({"a": range(1000), "b": [str(number) for number in range(1000)]})
frame.to_csv("gs://code/data/one.csv", index=False)
again = dd.read_csv("gs://code/data/*.csv")
print(again.a.sum().compute(), again.b.count().compute())
dd.from_pandas(frame, npartitions=3).to_parquet("gs://code/data/table")
print(len(dd.read_parquet("gs://code/data/table", columns=["a"])))
files = fsspec.filesystem("gs")
with files.open("gs://code/data/large", "wb") as file:
    for _ in range(3):
        file.write(bytes(7 * 2**20))
print(files.size("gs://code/data/large") == 21 * 2**20)
files.mv("gs://code/data/large", "gs://code/data/moved")
print(sorted(name.rpartition("/")[2] for name in files.ls("gs://code/data")))
files.rm("gs://code/data", recursive=True)
print(files.exists("gs://code/data"))
"""


def test_a_script_reads_and_writes_gs(
    emulator: Emulator,
    submit: Callable[..., dataproc_v1.Job],
) -> None:
    submit(SCRIPT, "gs")
    job = wait(emulator, "gs", State.DONE, State.ERROR)
    output = emulator.output(job)
    assert job.status.state == State.DONE, output
    assert output.splitlines()[-5:] == [
        "499500 1000",
        "1000",
        "True",
        "['moved', 'one.csv', 'table']",
        "False",
    ], output
