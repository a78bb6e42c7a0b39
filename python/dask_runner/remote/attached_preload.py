"""Runs in a driver when its ``Client()`` connects to a scheduler of somebody else.

Dask imports it (``distributed.client.preload``) and calls ``dask_setup``: the modules beside the
script are brought to the scheduler and its workers, for as long as the client is there.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from dask_runner.world.client_failure import fail_later

ATTACHED = "DASKRUNNER_ATTACHED"  #: The address of the scheduler that the run uses.
BRING_SECONDS = 120.0


async def dask_setup(client: Any) -> None:
    """Bring the modules, and return when they are there."""
    from distributed.comm.addressing import normalize_address

    address = os.environ.get(ATTACHED)
    if address is None or client.scheduler.address != normalize_address(address):
        return
    from dask_runner.remote.local_modules import LocalModules

    found = LocalModules()
    for name, why in found.left_out.items():
        _say(f"{name} was not brought to the workers: {why}. {_remedy([name])}")
    if not found.files:
        return
    names = sorted(found.files)
    try:
        elsewhere = await asyncio.wait_for(_bring(client, found.files), BRING_SECONDS)
    except Exception as error:
        if type(error).__name__ == "TakenError":
            fail_later(client, _taken(str(error)))
            return
        said = str(error) or type(error).__name__
        _say(f"{_listed(names)} could not be brought to the workers: {said}. {_remedy(names)}")
        return
    for (name, place), count in elsewhere.items():
        who = f"{count} of the scheduler and workers"
        _say(
            f"{name} could not be brought to {who}. {_remedy([name])}"
            if place == ""
            else f"On {who}, {name} is what is installed there ({place}), not what lies beside "
            "the script: others use it. Give yours another name if tasks are to use it."
        )


async def _bring(client: Any, files: dict[str, dict[str, bytes]]) -> dict[tuple[str, str], int]:
    """Bring them; return which the cluster has of its own, where, and in how many processes."""
    import cloudpickle
    from distributed.protocol.pickle import dumps

    from dask_runner.remote import guest_modules as guest

    parcels = [guest.Parcel(name, content) for name, content in files.items()]
    digests = {parcel.name: parcel.digest for parcel in parcels}
    modules = guest.GuestModules(f"dask-runner-modules-{client.id}", parcels)
    # Its classes are not installed where they go.
    cloudpickle.register_pickle_by_value(guest)
    try:
        book = guest.GuestBook(client.id, modules, dumps(modules))
        await client.register_plugin(book, name=modules.name)
        answers = await client.run(guest.not_brought, digests, on_error="ignore")
        own = await client.run_on_scheduler(guest.not_brought, digests)
    finally:
        cloudpickle.unregister_pickle_by_value(guest)
    counts: dict[tuple[str, str], int] = {}
    for answer in [own, *answers.values()]:
        for name, place in answer.items():
            counts[name, place] = counts.get((name, place), 0) + 1
    return counts


def _listed(names: list[str]) -> str:
    shown = names[:5] + ([f"{len(names) - 5} more"] if len(names) > 5 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _remedy(names: list[str]) -> str:
    them = "it" if len(names) == 1 else "them"
    return (
        f"Tasks that import {them} fail unless whoever runs the cluster installs {them} there, "
        "for the scheduler too."
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _taken(names: str) -> str:
    module = "other modules" if "," in names else "another module"
    return (
        f"Another run on this scheduler has brought {module} called {names}, and tasks of both "
        "would meet the one or the other. Run this again when that has ended, or rename yours."
    )
