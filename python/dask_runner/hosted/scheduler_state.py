"""What scripts leave in a scheduler, beside their tasks, and what its workers are told."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

#: Dask's extensions that hold what scripts have made by name, such as ``Lock("x")``.
NAMED = ("locks", "multi_locks", "publish", "queues", "variables", "semaphores", "events")
_HELD = ("worker_plugins", "nanny_plugins", "plugins")


def plugins_of(scheduler: Any) -> tuple[frozenset[str], ...]:
    """Return the names of a scheduler's plugins, of its workers, nannies and its own."""
    return tuple(frozenset(getattr(scheduler, held, {})) for held in _HELD)


def forget_tasks(scheduler: Any) -> None:
    """Let go of tasks that nobody waits for any more.

    Dask keeps those of ``fire_and_forget`` until they have run, and one that had run already when
    it was called for as long as the scheduler lives: where its worker ends, another one runs it
    again.

    Parameters
    ----------
    scheduler
        The scheduler, whose workers are about to be ended.
    """
    held = scheduler.clients.get("fire-and-forget")
    if held is not None:
        keys = [task.key for task in held.wants_what]
        scheduler.client_releases_keys(keys=keys, client="fire-and-forget")


async def forget_scripts(scheduler: Any, own: tuple[frozenset[str], ...]) -> None:
    """Forget the plugins, locks, variables and more that scripts have made.

    Under plain Python they end with the script's own scheduler.

    Parameters
    ----------
    scheduler
        The scheduler, which has no workers.
    own
        The plugins to keep, as ``plugins_of`` gave them.
    """
    for held, names in zip(_HELD, own, strict=False):
        plugins = getattr(scheduler, held, {})
        # Those of clients go with their clients.
        for name in [name for name in plugins if name not in names and held != "plugins"]:
            del plugins[name]
    held_by = ("published-", "variable-", "queue-")
    await remove_clients(scheduler, [one for one in scheduler.clients if one.startswith(held_by)])
    for name in NAMED:
        extension = scheduler.extensions.get(name)
        if extension is not None:
            scheduler.extensions[name] = type(extension)(scheduler)


async def tell_workers(scheduler: Any, seconds: float, **message: Any) -> None:
    """Send all workers a message; what they have not answered in time goes unheard."""
    telling = scheduler.broadcast(msg=message, on_error="ignore")
    with contextlib.suppress(asyncio.TimeoutError, OSError):
        await asyncio.wait_for(telling, seconds)


async def forget_workers(scheduler: Any) -> None:
    """Remove workers whose processes have been ended."""
    for address in list(scheduler.workers):
        await scheduler.remove_worker(address=address, stimulus_id="dask-runner-end")


async def remove_clients(scheduler: Any, clients: list[str]) -> None:
    """Remove clients, and the tasks that only they want."""
    for client in clients:
        # A coroutine in some versions of Dask.
        done = scheduler.remove_client(client=client)
        if done is not None:
            await done
