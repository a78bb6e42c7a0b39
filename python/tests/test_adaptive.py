"""A fixed number of workers, while adaptive scaling is in the middle of a look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from distributed import LocalCluster

from dask_runner.cluster.scheduler import resize
from dask_runner.cluster.spec import WorkerRange


def fixed(count: int) -> WorkerRange:
    return WorkerRange(False, count, count)


async def joined(cluster: Any, count: int) -> None:
    """Wait for so many workers, and see that they stay."""
    for _again in range(3):
        while len(cluster.scheduler.workers) != count or len(cluster.worker_spec) != count:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)


async def overruled_before_it_grows(cluster: Any) -> None:
    """From 1 to 2, while it is about to ask for more."""
    resize(cluster, fixed(1))
    resize(cluster, WorkerRange(True, 0, 3))
    looks, go_on = asyncio.Event(), asyncio.Event()

    async def target() -> int:
        looks.set()
        await go_on.wait()
        return 3

    adaptive = cluster._adaptive
    adaptive.target = target
    look = asyncio.ensure_future(adaptive.adapt())
    await looks.wait()
    resize(cluster, fixed(2))
    go_on.set()
    await look
    assert len(cluster.worker_spec) == 2
    await joined(cluster, 2)


async def overruled_while_it_shrinks(cluster: Any) -> None:
    """From 2 to 2, while one of them is being retired."""
    resize(cluster, fixed(2))
    await joined(cluster, 2)
    resize(cluster, WorkerRange(True, 1, 3))
    retires, go_on = asyncio.Event(), asyncio.Event()
    adaptive, retire = cluster._adaptive, cluster.scheduler.handlers["retire_workers"]

    async def target() -> int:
        return 1

    async def retire_late(*arguments: Any, **options: Any) -> Any:
        retires.set()
        await go_on.wait()
        return await retire(*arguments, **options)

    adaptive.target, adaptive.wait_count = target, 1
    cluster.scheduler.handlers["retire_workers"] = retire_late
    try:
        look = asyncio.ensure_future(adaptive.adapt())
        await retires.wait()
        resize(cluster, fixed(2))
        go_on.set()
        await look
    finally:
        cluster.scheduler.handlers["retire_workers"] = retire
    assert len(cluster.worker_spec) == 2
    await joined(cluster, 2)


RACES = [overruled_before_it_grows, overruled_while_it_shrinks]


@pytest.mark.parametrize("race", RACES)
def test_a_fixed_number_is_not_overruled(race: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        async with LocalCluster(
            n_workers=0, processes=False, asynchronous=True, dashboard_address="127.0.0.1:0"
        ) as cluster:
            await asyncio.wait_for(race(cluster), 60)

    asyncio.run(run())
