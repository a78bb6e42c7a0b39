"""A script's world in a container: its nanny takes it over, and the worker inherits it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import dask
from distributed.diagnostics.plugin import NannyPlugin
from distributed.nanny import _get_env_variables

from dask_runner.base.activation import activated
from dask_runner.base.package import PACKAGE_PARENT
from dask_runner.code.archive import Archive
from dask_runner.code.worker_archives import fetch
from dask_runner.code.written import Stamps, read_part, stamps, written_since
from dask_runner.hosted.container_preload import ROOT
from dask_runner.world.takeover import (
    before_spawn,
    enter,
    named_preloads,
    take_over_main,
    take_over_path,
)
from dask_runner.world.world import MARKS, World

PLUGIN = "dask-runner-world"
#: What nannies answer: send all that was printed; name files that were written; give a part of one.
FLUSH, WRITTEN, PART = "dask_runner_flush", "dask_runner_written", "dask_runner_part"
#: What the scheduler takes: text for the output of a run.
PRINT = "dask_runner_print"
WORKER_PRELOAD = "dask_runner.hosted.container_preload"
TICK_SECONDS = 0.1
MOST_BYTES = 256 * 1024
#: Under plain Python workers write warnings only, and none that says that they have been ended.
_QUIET = re.compile(
    rb"^\d{4}-\d\d-\d\d [\d:,.]+ - (?:distributed|tornado)\S* - "
    rb"(?:INFO|DEBUG|WARNING - Scheduler was unaware of this worker)\b"
)


class ContainerWorld(NannyPlugin):  # type: ignore[misc]
    """Has a nanny take over a script's world before it starts its worker.

    Parameters
    ----------
    world
        The driver's.
    archive
        The code that it was unpacked from.
    written
        What the script has written there since; None for nothing.
    """

    name = PLUGIN
    restart = False

    def __init__(self, world: World, archive: Archive, written: Archive | None) -> None:
        self.world = world
        self.archive = archive
        self.written = written

    async def setup(self, nanny: Any) -> None:
        """Bring the code, and become what the script's process is."""
        root = Path.cwd() / "code" / self.archive.sha256
        try:
            if not root.is_dir():
                await fetch(nanny.scheduler, self.archive, root)
                if self.written is not None:
                    await fetch(nanny.scheduler, self.written, root, over=True)
        except Exception:
            # Its tasks would fail: better that another one takes its place.
            nanny.loop.add_callback(nanny.close, reason="dask-runner-code-not-there")
            raise
        before = await asyncio.to_thread(stamps, root)
        world = moved(self.world, root)
        if Path(world.directory).is_relative_to(root):
            # The script may have made it.
            Path(world.directory).mkdir(parents=True, exist_ok=True)
        take_over(nanny, world)
        nanny.env = {**nanny.env, ROOT: str(root), **({MARKS: "1"} if world.marks else {})}
        self._output = WorkerOutput(nanny, world.run)
        self._answer(nanny, root, before)
        self._output.begin()

    async def teardown(self, nanny: Any) -> None:
        """Send what was printed at last."""
        with contextlib.suppress(Exception):
            await self._output.end()

    def _answer(self, nanny: Any, root: Path, before: Stamps) -> None:
        async def written() -> list[dict[str, Any]]:
            found = await asyncio.to_thread(written_since, root, before)
            return [asdict(one) for one in found]

        async def part(name: str, offset: int) -> bytes:
            return await asyncio.to_thread(read_part, root, name, offset)

        nanny.handlers.update({FLUSH: self._output.flush, WRITTEN: written, PART: part})


def moved(world: World, root: Path) -> World:
    """Return a world with the folder of the code on this machine."""
    code = world.code

    def here(path: str) -> str:
        inside = code is not None and (path == code or path.startswith(code + os.sep))
        return str(root) + path[len(code or "") :] if inside else path

    changed = dict(world.changed)
    folders = changed.get("PYTHONPATH")
    if folders is not None:
        changed["PYTHONPATH"] = os.pathsep.join(map(here, folders.split(os.pathsep)))
    return replace(
        world,
        directory=here(world.directory),
        path=[here(folder) for folder in world.path],
        arguments=[here(argument) for argument in world.arguments],
        main=None if world.main is None else here(world.main),
        changed=changed,
    )


def take_over(nanny: Any, world: World) -> None:
    """Make this process what the script's own is for the worker that it starts."""
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ.update(activated(dict(os.environ)))
    for name, value in world.changed.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    theirs = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(filter(None, [*theirs, *folders])))
    # What ``python -m`` has put first is the container's own folder.
    known = {*world.path, "", str(Path.cwd())}
    take_over_path([*world.path, *(one for one in [*sys.path, PACKAGE_PARENT] if one not in known)])
    sys.argv[:] = world.arguments
    take_over_main(world.main)
    if Path(world.directory).is_dir():
        enter(world.directory)
    nanny.config = dask.config.merge(
        world.config, {"distributed": {"worker": {"http": {"routes": []}}}}
    )
    with dask.config.set(world.config):
        nanny.pre_spawn_env = {**nanny.pre_spawn_env, **before_spawn()}
        nanny.env = {**nanny.env, **_get_env_variables("distributed.nanny.environ")}
        nanny.preload = [WORKER_PRELOAD, *named_preloads()]


class WorkerOutput:
    """Sends what a worker prints to the run's output, as it comes.

    Its standard streams are files of the container's, so that nothing is lost with the worker.

    Parameters
    ----------
    nanny
        The nanny, which shares them with its worker.
    run
        The run's id.
    """

    def __init__(self, nanny: Any, run: str | None) -> None:
        self._nanny = nanny
        self._run = run
        self._read: dict[Path, int] = {}
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Send from now on."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            # Absent where it is no file, or this is no Linux.
            with contextlib.suppress(OSError):
                path = Path(f"/proc/self/fd/{stream.fileno()}").resolve()
                if path.is_file():
                    self._read[path] = path.stat().st_size
        self._task = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            with contextlib.suppress(OSError):
                await self._send()

    async def flush(self) -> None:
        """Send all that was printed until now."""
        await self._send(whole=True)

    async def end(self) -> None:
        """Send the rest, and no more."""
        if self._task is not None:
            self._task.cancel()
        await self.flush()

    async def _send(self, whole: bool = False) -> None:
        async with self._lock:
            for path in self._read:
                while data := self._take(path, whole):
                    await getattr(self._nanny.scheduler, PRINT)(run=self._run, data=data)

    def _take(self, path: Path, whole: bool) -> bytes:
        """Return the next lines; with ``whole`` also what is no line yet."""
        lines = b""
        while not lines:
            with path.open("rb") as file:
                file.seek(self._read[path])
                data = file.read(MOST_BYTES)
            at_end = len(data) < MOST_BYTES
            end = len(data) if whole and at_end else data.rfind(b"\n") + 1
            if end == 0:
                # A line that is longer than that goes in parts.
                end = 0 if at_end else len(data)
            if end == 0:
                return b""
            self._read[path] += end
            kept = [line for line in data[:end].splitlines(True) if not _QUIET.match(line)]
            lines = b"".join(kept)
        return lines
