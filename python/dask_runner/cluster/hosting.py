"""What differs between clusters on this machine and clusters on YARN."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dask_runner.cluster.spec import WorkerRange

if TYPE_CHECKING:
    from dask_runner.cluster.certificates import TlsFiles
    from dask_runner.cluster.listeners import Listeners
    from dask_runner.cluster.state import StartError
    from dask_runner.code.archive import Archive


class HostedCluster(Protocol):
    """What the cluster process asks of a cluster, beyond what all of Dask's have."""

    scheduler: Any

    def __await__(self) -> Any:
        """Start it."""

    def close(self) -> Any:
        """Close it as Dask does."""

    def _correct_state(self) -> Any:
        """Start and close workers as asked for."""

    def resize(self, workers: WorkerRange) -> None:
        """Ask for so many workers; they come and go in the background."""

    def count_for(self, count: int, memory: Any, cores: Any) -> int:
        """Return how many workers have so much memory, or so many threads, together."""

    async def begin(
        self, client: str, world: bytes, workers: WorkerRange, anew: Callable[[], WorkerRange]
    ) -> str | None:
        """Have the workers take over a script's world; return why they are shared, if they are.

        Parameters
        ----------
        client
            The id of the client that has connected.
        world
            A packed ``dask_runner.world.world.World``.
        workers
            How many there are to be of those that it shares.
        anew
            Asked where they are started anew: how many there are to be then.

        Raises
        ------
        Exception
            When they do not start.
        """

    async def add_archive(self, job: str, path: Path, archive: Archive, alive: list[str]) -> None:
        """Keep the archive of a run's code for its workers, where they are on other machines.

        Parameters
        ----------
        job
            The run's id.
        path
            Where the archive is.
        archive
            What it is.
        alive
            The runs that go on.

        Raises
        ------
        ArchiveError
            When it is damaged.
        ValueError
            When workers find the code where it is.
        """

    async def collect(self, job: str) -> dict[str, Any]:
        """Bring what the workers of a run have printed and written to this machine."""

    async def close_for_script(self) -> None:
        """Close the workers of a script that closes its cluster."""

    def keep_size(self, count: int) -> None:
        """Make up for workers that have been forgotten; of a cluster of fixed size."""

    def pending(self) -> int:
        """Return how many workers wait for room."""

    def ended(self) -> list[dict[str, Any]]:
        """Return workers that have ended, the newest last."""

    async def ended_logs(self) -> dict[str, str]:
        """Return what workers wrote that have ended unasked, by their names."""

    def problem(self) -> str | None:
        """Return why there are fewer workers than asked for; None while all is well."""

    def failure(self) -> StartError | None:
        """Return what has ended it; None while it runs, or when it was ended on purpose."""


class Hosting(Protocol):
    """How the clusters of one kind are started."""

    #: Seconds that a start may take, and a close after its scheduler has gone.
    start_seconds: float
    lost_seconds: float
    #: Workers that must be there before the cluster counts as running.
    awaited: int

    @property
    def listeners(self) -> Listeners | None:
        """Return the scheduler's ports, where they are open before it starts."""

    def prepare(self) -> None:
        """Do what must be done before Dask is imported."""

    def check(self) -> None:
        """Look at what Dask has to understand of the specification.

        Raises
        ------
        StartError
            When the specification asks for what cannot be.
        """

    def fork(self, tls: TlsFiles | None) -> None:
        """Fork what has to be forked while Dask is imported and there is one thread.

        Parameters
        ----------
        tls
            The cluster's certificate.
        """

    def configure(self) -> None:
        """Set what Dask reads from its configuration."""

    def make(self, controller: Any, secret: str, tls: TlsFiles | None) -> HostedCluster:
        """Return the cluster, not started yet and without workers.

        Parameters
        ----------
        controller
            The ``Controller`` that our routes act on.
        secret
            First part of all paths of its HTTP side.
        tls
            Its certificate.
        """

    async def populate(self, cluster: HostedCluster, workers: WorkerRange) -> None:
        """Ask for the first workers, where they do not come with a script."""

    def http_host(self, cluster: HostedCluster) -> str:
        """Return the host that others reach its HTTP side by."""

    def explain(self, error: Exception) -> StartError | None:
        """Put a failure of the start in words; None where it is one of our own."""

    def ended(self) -> None:
        """Remove what belongs to none of the cluster's folders, once it has ended."""
