"""Bringing a run's code to workers on other machines, as archives."""

from __future__ import annotations

import asyncio
import logging
import pickle
import shutil
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from dask_runner.code.archive import (
    Archive,
    ArchiveError,
    ArchiveStore,
    check,
    unpack,
    unpack_over,
)
from dask_runner.code.worker_code import LoadedCode
from dask_runner.code.written import SENT, Written, changed_since_packed, fitting

PLUGIN = "dask-runner-archives"
#: The scheduler's handler that gives parts of an archive.
OPERATION = "dask_runner_code"
ATTEMPTS = 4
SHARE_SECONDS = 60.0
logger = logging.getLogger("distributed.worker.dask_runner")


class WorkerArchives(WorkerPlugin):  # type: ignore[misc]
    """Makes the code of the runs that go on importable on a worker, the newest first.

    A worker that joins later is given it too, before it gets tasks.

    Parameters
    ----------
    serial
        Greater than that of all before: it is their successor.
    archives
        The newest last.
    """

    def __init__(self, serial: int, archives: list[Archive]) -> None:
        self.name = PLUGIN
        self.serial = serial
        self.archives = archives

    async def setup(self, worker: Any) -> None:
        """Fetch what is not there, unpack it, and put it in front of ``sys.path``."""
        loaded = Unpacked.of(worker, Path(worker.local_directory) / "code")
        async with loaded.lock:
            if self.serial <= loaded.serial:
                return
            try:
                for archive in self.archives:
                    if not loaded.has(archive):
                        await fetch(worker.scheduler, archive, loaded.root(archive))
            except Exception:
                # It would fail tasks that import: better that another one takes its place.
                worker.loop.add_callback(
                    worker.close, nanny=True, reason="dask-runner-code-not-there"
                )
                raise
            loaded.show(self.serial, self.archives)


async def fetch(scheduler: Any, archive: Archive, root: Path, over: bool = False) -> None:
    """Get an archive from the scheduler, and unpack it.

    Parameters
    ----------
    scheduler
        An RPC to it.
    archive
        What to get.
    root
        Where it is unpacked.
    over
        True where there is something already, which it is added to.

    Raises
    ------
    OSError, ArchiveError
        When it cannot be had.
    """
    path = root.with_name(f"{archive.sha256}.zip")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("wb") as file:
                while part := await getattr(scheduler, OPERATION)(
                    sha256=archive.sha256, offset=file.tell()
                ):
                    file.write(part)
            await asyncio.to_thread(check, path, archive.sha256)
            await asyncio.to_thread(unpack_over if over else unpack, path, root)
            path.unlink()
            return
        except (OSError, ArchiveError):
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(0.2 * 2**attempt)


class Unpacked:
    """The archives that one process, a worker or the scheduler, has unpacked.

    Parameters
    ----------
    folder
        Where to.
    code
        What the process has loaded.
    """

    def __init__(self, folder: Path, code: LoadedCode) -> None:
        self.folder = folder
        self.lock = asyncio.Lock()
        self.serial = 0
        self._code = code

    @staticmethod
    def of(server: Any, folder: Path) -> Unpacked:
        """Return those of a worker or scheduler."""
        code = LoadedCode.of(server)
        found: Unpacked = server.__dict__.setdefault(
            "_dask_runner_unpacked", Unpacked(folder, code)
        )
        return found

    def root(self, archive: Archive) -> Path:
        """Return where an archive is unpacked."""
        return self.folder / archive.sha256

    def has(self, archive: Archive) -> bool:
        """Tell whether it is."""
        return self.root(archive).is_dir()

    def add(self, path: Path, archive: Archive) -> None:
        """Unpack an archive.

        Raises
        ------
        ArchiveError
            When it is damaged.
        """
        check(path, archive.sha256)
        unpack(path, self.root(archive))

    def show(self, serial: int, archives: list[Archive]) -> None:
        """Have imports find these, the last one first, and none of earlier ones."""
        self.serial = serial
        self._code.arrange([archive.folders_in(self.root(archive)) for archive in archives])
        wanted = {archive.sha256 for archive in archives}
        for root in self.folder.iterdir():
            if root.is_dir() and root.name not in wanted:
                shutil.rmtree(root, ignore_errors=True)


class ArchiveSharing:
    """Keeps the archives of runs, and brings them to a scheduler and its workers.

    Parameters
    ----------
    folder
        Where the cluster process keeps them.
    """

    def __init__(self, folder: Path) -> None:
        self._store = ArchiveStore(folder)
        self._of_jobs: dict[str, Archive] = {}
        # What scripts have written before their workers were started, by what they were sent as.
        self._written: dict[str, Archive] = {}
        self._serial = 0
        # Concurrent runs may ask at the same moment.
        self._lock = asyncio.Lock()

    def of(self, job: str | None) -> Archive | None:
        """Return the archive of a run."""
        return None if job is None else self._of_jobs.get(job)

    async def add(
        self, scheduler: Any, job: str, source: Path, archive: Archive, alive: list[str]
    ) -> None:
        """Make a run's code importable for the scheduler.

        Parameters
        ----------
        scheduler
            The scheduler.
        job
            The run's id.
        source
            Where the archive is.
        archive
            What it is.
        alive
            The runs that go on: the code of others is taken away.

        Raises
        ------
        ArchiveError
            When it is damaged.
        """
        async with self._lock:
            await asyncio.to_thread(self._store.add, source, archive.sha256)
            self._of_jobs.pop(job, None)
            self._of_jobs[job] = archive
            self._of_jobs = {one: has for one, has in self._of_jobs.items() if one in {*alive, job}}
            archives = self._oldest_first()
            self._serial += 1
            known = {one.sha256 for one in archives}
            self._written = {sha: one for sha, one in self._written.items() if sha in known}
            self._store.keep_only([*archives, *self._written.values()])
            loaded = Unpacked.of(scheduler, self._store.folder)
            for one in archives:
                if not loaded.has(one):
                    await asyncio.to_thread(loaded.add, self._store.path(one.sha256), one)
            loaded.show(self._serial, archives)
            scheduler.handlers.setdefault(OPERATION, self._part)

    async def add_written(
        self, code: str | None, archive: Archive
    ) -> tuple[Archive | None, list[Written]]:
        """Keep what a script has changed in the folder of its code, for workers to come.

        Parameters
        ----------
        code
            That folder, on this machine.
        archive
            What was unpacked there.

        Returns
        -------
        Archive
            What is to be unpacked over it; None where nothing was changed.
        list of Written
            What is not in it, as it would be too much.
        """
        if code is None:
            return None, []
        path = self._store.path(archive.sha256)
        changed = await asyncio.to_thread(changed_since_packed, Path(code), path)
        sent, left_out = fitting(changed, SENT)
        if not sent:
            return None, left_out
        names = [one.name for one in sent]
        packed = await asyncio.to_thread(self._store.pack, Path(code), names)
        self._written[archive.sha256] = packed
        return packed, left_out

    def _oldest_first(self) -> list[Archive]:
        newest_first = dict.fromkeys(reversed(self._of_jobs.values()))
        return list(reversed(list(newest_first)))

    async def share(self, scheduler: Any) -> None:
        """Make the code of all runs importable on the workers that there are, and will be."""
        async with self._lock:
            await self._tell(scheduler, WorkerArchives(self._serial, self._oldest_first()))

    async def _part(self, sha256: str, offset: int) -> bytes:
        return await asyncio.to_thread(self._store.part, sha256, offset)

    async def _tell(self, scheduler: Any, plugin: WorkerArchives) -> None:
        data = pickle.dumps(plugin)
        scheduler.worker_plugins[PLUGIN] = data
        # A worker may go at any moment: it is no matter then that it was not reached.
        telling = scheduler.broadcast(
            msg={"op": "plugin-add", "plugin": data, "name": PLUGIN}, on_error="return"
        )
        answers = await asyncio.wait_for(telling, SHARE_SECONDS)
        for worker, answer in answers.items():
            if not isinstance(answer, dict) or answer.get("status") != "OK":
                logger.warning("The code of a run was not brought to %s: %s", worker, answer)
