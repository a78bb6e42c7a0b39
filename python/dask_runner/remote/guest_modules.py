"""Modules that a run brings to a scheduler of somebody else and its workers, while it is there.

All of this is pickled by value: those processes have Dask, and nothing of ours. So it imports the
standard library and Dask alone, and what it keeps in a process is plain data, as the next run may
come with another version of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import importlib.util
import io
import os
import shutil
import sys
import tempfile
import time
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import SchedulerPlugin, WorkerPlugin

#: Content by path below the folder to import from, with ``/``.
Files = dict[str, bytes]

SUFFIXES = (".py", *EXTENSION_SUFFIXES)
MOST_BYTES = 32 * 2**20
MOST_ENTRIES = 20_000
#: A run that has just ended may still be known; one that is leaving may have many workers.
ALIVE_SECONDS, LEAVING_SECONDS = 5.0, 60.0
SHARE_SECONDS = 60.0
PAUSE_SECONDS = 0.02
_KEPT, _CLAIMS = "_dask_runner_guests", "_dask_runner_claims"


class TooLargeError(Exception):
    """A package has more files than are brought."""


class TakenError(Exception):
    """Another run has brought other modules of the same names; the text lists them."""


class Parcel:
    """One module or package with all of its Python files.

    Parameters
    ----------
    name
        What it is imported as.
    files
        Its files.
    """

    def __init__(self, name: str, files: Files) -> None:
        self.name = name
        self.digest = digest_of(files)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        self.data = packed.getvalue()

    def unpack(self, folder: str) -> None:
        """Write its files."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            archive.extractall(folder)


def find(name: str) -> ModuleSpec | None:
    """Return where a top-level module is imported from here; None where it cannot be."""
    try:
        return importlib.util.find_spec(name)
    except Exception:
        # Anybody's import hooks may answer.
        return None


def places_of(spec: ModuleSpec) -> list[str]:
    """Return the folders of a package, or the file of a module; none of what is built in."""
    if spec.submodule_search_locations is not None:
        return [str(place) for place in spec.submodule_search_locations]
    return [spec.origin] if spec.has_location and spec.origin else []


def files_of(name: str, spec: ModuleSpec) -> Files:
    """Return the Python files of a module or package.

    Raises
    ------
    TooLargeError
        When there are more than are brought.
    OSError
        When one cannot be read.
    """
    files: Files = {}
    seen = size = 0
    for place in places_of(spec):
        found = [(place, Path(place).name)]
        if spec.submodule_search_locations is not None:
            found = []
            for folder, folders, names in os.walk(place):
                folders[:] = sorted(one for one in folders if _may_have_code(folder, one))
                seen += len(folders) + len(names)
                if seen > MOST_ENTRIES:
                    raise TooLargeError(name)
                below = Path(folder).relative_to(place).parts
                found += [
                    (str(Path(folder, one)), "/".join([name, *below, one]))
                    for one in sorted(names)
                    if one.endswith(SUFFIXES)
                ]
        for path, within in found:
            if path.endswith(SUFFIXES) and within not in files:
                files[within] = Path(path).read_bytes()
                size += len(files[within])
                if size > MOST_BYTES:
                    raise TooLargeError(name)
    return files


def _may_have_code(folder: str, name: str) -> bool:
    return (
        name.isidentifier()
        and name not in ("__pycache__", "node_modules")
        and not Path(folder, name, "pyvenv.cfg").exists()
    )


def digest_of(files: Files) -> str:
    """Return a name for content: that of the same files is the same everywhere."""
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(f"{path}\0{len(files[path])}\0".encode())
        found.update(files[path])
    return found.hexdigest()[:32]


def add(server: Any, holder: str, parcels: list[Parcel]) -> None:
    """Make modules importable in the process of a scheduler or worker.

    They come last in ``sys.path``: what the cluster has of its own stays what it is for everybody.
    """
    kept = server.__dict__.setdefault(_KEPT, {"folder": None, "held": {}})
    if kept["folder"] is None:
        own = getattr(server, "local_directory", None)
        where = own if own and Path(own).is_dir() else None
        kept["folder"] = tempfile.mkdtemp(prefix="dask-runner-", dir=where)
    for parcel in parcels:
        folder = str(Path(kept["folder"], parcel.digest))
        if parcel.digest not in kept["held"]:
            parcel.unpack(folder)
            sys.path.append(folder)
            kept["held"][parcel.digest] = {"name": parcel.name, "holders": []}
        kept["held"][parcel.digest]["holders"].append(holder)
    importlib.invalidate_caches()


def remove(server: Any, holder: str) -> None:
    """Take away what nobody else holds: files, places in ``sys.path``, and loaded modules."""
    kept = server.__dict__.get(_KEPT)
    if kept is None or kept["folder"] is None:
        return
    for digest, one in list(kept["held"].items()):
        one["holders"] = [other for other in one["holders"] if other != holder]
        if not one["holders"]:
            del kept["held"][digest]
            _forget(one["name"], str(Path(kept["folder"], digest)))
    if not kept["held"]:
        shutil.rmtree(kept["folder"], ignore_errors=True)
        kept["folder"] = None
    importlib.invalidate_caches()


def _forget(name: str, folder: str) -> None:
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    for known, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if known.partition(".")[0] == name and isinstance(spec, ModuleSpec):
            places = places_of(spec)
            if places and all(place.startswith(folder + os.sep) for place in places):
                del sys.modules[known]
    shutil.rmtree(folder, ignore_errors=True)


def not_brought(digests: dict[str, str]) -> dict[str, str]:
    """Return which modules are not the run's in this process, and where theirs come from.

    Parameters
    ----------
    digests
        What was brought, by name.

    Returns
    -------
    dict
        By name; an empty place for what cannot be imported at all.
    """
    found = {}
    for name, digest in digests.items():
        spec = find(name)
        if spec is None:
            found[name] = ""
            continue
        places = places_of(spec) or [str(spec.origin)]
        if not any(digest in Path(place).parts for place in places):
            try:
                same = digest_of(files_of(name, spec)) == digest
            except (OSError, TooLargeError):
                same = False
            if not same:
                found[name] = places[0]
    return found


class GuestModules(WorkerPlugin):  # type: ignore[misc]
    """Makes a run's modules importable on a worker, before it gets tasks.

    Parameters
    ----------
    name
        The plugin's.
    parcels
        What to bring.
    """

    def __init__(self, name: str, parcels: list[Parcel]) -> None:
        self.name = name
        self.parcels = parcels

    def setup(self, worker: Any) -> None:
        """Bring them."""
        add(worker, self.name, self.parcels)

    def teardown(self, worker: Any) -> None:
        """Take them away again."""
        remove(worker, self.name)


class GuestBook(SchedulerPlugin):  # type: ignore[misc]
    """Brings a client's modules to a scheduler and its workers, until that client has gone.

    The scheduler does it, as nobody else learns of a script that was killed.

    Parameters
    ----------
    client
        The client's id.
    modules
        The workers' plugin.
    packed
        The same, pickled.
    """

    def __init__(self, client: str, modules: GuestModules, packed: bytes) -> None:
        self.name = modules.name
        self.client = client
        self.modules = modules
        self.packed = packed

    async def start(self, scheduler: Any) -> None:
        """Bring them.

        Raises
        ------
        TakenError
            When another run has other modules of the same names there.
        """
        self.scheduler = scheduler
        await self._claim(scheduler)
        try:
            add(scheduler, self.name, self.modules.parcels)
            scheduler.worker_plugins[self.name] = self.packed
            await self._tell({"op": "plugin-add", "plugin": self.packed, "name": self.name})
        except BaseException:
            await self._leave()
            raise
        if self.client not in scheduler.clients:
            await self._leave()
            raise ConnectionError("the client has gone")

    def remove_client(self, scheduler: Any, client: str) -> None:
        """Take them away when their client has gone."""
        if client == self.client:
            self._leaving = asyncio.ensure_future(self._leave())

    async def close(self) -> None:
        """Leave nothing on disk when the scheduler ends."""
        remove(self.scheduler, self.name)

    async def _claim(self, scheduler: Any) -> None:
        """Wait until no other modules of these names are there, and note that these are."""
        claims = scheduler.__dict__.setdefault(_CLAIMS, {})
        began = time.monotonic()
        while True:
            taken = {
                parcel.name: claims[parcel.name]["clients"]
                for parcel in self.modules.parcels
                if parcel.name in claims and claims[parcel.name]["digest"] != parcel.digest
            }
            if not taken:
                break
            others = {client for clients in taken.values() for client in clients}
            alive = any(client in scheduler.clients for client in others)
            waited = time.monotonic() - began
            if alive and waited > ALIVE_SECONDS:
                raise TakenError(", ".join(sorted(taken)))
            if not alive and waited > LEAVING_SECONDS:
                for name in taken:
                    del claims[name]
            await asyncio.sleep(PAUSE_SECONDS)
        for parcel in self.modules.parcels:
            claim = claims.setdefault(parcel.name, {"digest": parcel.digest, "clients": []})
            claim["clients"].append(self.client)

    async def _leave(self) -> None:
        scheduler = self.scheduler
        scheduler.plugins.pop(self.name, None)
        try:
            remove(scheduler, self.name)
            if scheduler.worker_plugins.pop(self.name, None) is not None:
                await self._tell({"op": "plugin-remove", "name": self.name})
        finally:
            self._disclaim(scheduler.__dict__[_CLAIMS])

    def _disclaim(self, claims: dict[str, Any]) -> None:
        for name, claim in list(claims.items()):
            claim["clients"] = [client for client in claim["clients"] if client != self.client]
            if not claim["clients"]:
                del claims[name]

    async def _tell(self, message: dict[str, Any]) -> None:
        # A worker may go at any moment: it is no matter then that it was not reached.
        telling = self.scheduler.broadcast(msg=message, on_error="return")
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(telling, SHARE_SECONDS)
