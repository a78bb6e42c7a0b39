"""Scripts by topic."""

from same import (
    clusterapi,
    collections,
    coordination,
    exits,
    failures,
    futures,
    output,
    tasks,
    world,
)

TOPICS = (world, tasks, futures, collections, failures, exits, clusterapi, coordination, output)
