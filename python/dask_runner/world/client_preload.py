"""Runs in a driver when its ``Client()`` connects: the workers take over the script's world.

Dask imports it (``distributed.client.preload``) and calls ``dask_setup``. Where the scheduler is
not the run's own, nothing is done.
"""

from __future__ import annotations

import os
from typing import Any

from dask_runner.world.client_failure import fail_later
from dask_runner.world.world import SCHEDULER, World


async def dask_setup(client: Any) -> None:
    """Hand the script's world to the cluster, and return when its workers are there."""
    if client.scheduler.address != os.environ.get(SCHEDULER):
        return
    try:
        answer = await client.scheduler.dask_runner_begin(
            client=client.id, world=World.here().pack()
        )
    except OSError as error:
        answer = {"error": f"it has ended, or cannot be reached ({error or type(error).__name__})."}
    if answer.get("error"):
        # As where Dask's own cluster does not start.
        fail_later(client, f"Cluster failed to start: {answer['error']}")
        return
    if client.cluster is None:
        # It imports what a driver that was forked has in memory already.
        from dask_runner.world.run_cluster import RunCluster

        client.cluster = await RunCluster.connect(client, answer)
    await client._update_scheduler_info()


async def dask_teardown(client: Any) -> None:
    """Let go of what ``dask_setup`` made."""
    from dask_runner.world.run_cluster import RunCluster

    if isinstance(client.cluster, RunCluster):
        await client.cluster.let_go()
