"""Dask's adaptive scaling, which a number that was asked for overrules."""

from __future__ import annotations

from typing import Any

from distributed.deploy.adaptive import Adaptive


class YieldingAdaptive(Adaptive):  # type: ignore[misc]
    """Changes nothing any more once it was stopped, also in the middle of a look.

    Dask's own finishes the look that is under way: what it had found out before is done after the
    number that somebody has asked for since.

    Parameters
    ----------
    *arguments, **options
        Dask's own.
    """

    _over = False
    _count: int | None = None

    def overrule(self, count: int | None) -> None:
        """Stop it.

        Parameters
        ----------
        count
            Workers that there are to be from now on; None where somebody else sees to that.
        """
        self.stop()
        self._count = count

    def stop(self, *arguments: Any, **options: Any) -> None:
        """Stop it, and have the look that is under way change nothing."""
        self._over, self._count = True, None
        super().stop(*arguments, **options)

    async def scale_up(self, n: int) -> None:
        """Ask for more workers, unless it was stopped."""
        if not self._over:
            await super().scale_up(n)

    async def scale_down(self, workers: Any) -> None:
        """Retire workers, unless it was stopped; make up for those that went meanwhile."""
        if self._over:
            return
        await super().scale_down(workers)
        if self._over and self._count is not None:
            self.cluster.scale(self._count)
