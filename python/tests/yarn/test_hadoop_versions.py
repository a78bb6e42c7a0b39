"""The versions of Hadoop and Java that newer images have, beside those that all tests run with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import wait_until
from distributed import Client

from dask_runner import YarnCluster

from .conftest import SMALL, Yarn, remains

#: ``version``, ``java`` and ``jars`` of each.
OTHERS: list[dict[str, str]] = json.loads(os.environ.get("DASK_TEST_HADOOPS", "[]"))
# One after the other: each has daemons of its own.
pytestmark = pytest.mark.xdist_group("hadoop")


@pytest.mark.parametrize("other", OTHERS, ids=[one["version"] for one in OTHERS])
def test_workers_come_compute_and_go(other: dict[str, str], monkeypatch: Any) -> None:
    yarn = Yarn("--nodes", "1", java=other["java"], jars=other["jars"])
    try:
        monkeypatch.setenv("JAVA_HOME", str(Path(yarn.info["java"]).parents[1]))
        with YarnCluster(
            1, worker_memory=SMALL, host="127.0.0.1", classpath=yarn.info["classpath"]
        ) as cluster:
            with Client(cluster) as client:
                assert client.submit(sum, [1, 2]).result(60) == 3
            cluster.scale(2)
            wait_until(lambda: len(cluster.scheduler_info["workers"]) == 2, 60)
            app_id = cluster.app_id
        assert yarn.ended(app_id)["finalStatus"] == "SUCCEEDED"
        wait_until(lambda: not remains(app_id), what="workers left")
    finally:
        yarn.stop()
