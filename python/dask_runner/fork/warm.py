"""Packages that a forked driver has in memory, given out when the script imports them.

Until then they are not in ``sys.modules``, and what importing them does to the process (filters
of warnings, handlers of logs, settings read from the environment) has not happened yet.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from dask_runner.fork.made_ahead import forget_what_differs

# Importing Dask's own package brings all that was imported ahead, but for the one that reads Dask's
# settings of logs when it is imported, and Dask's module that stands for that one.
DASK = "dask"
DISTRIBUTED = "distributed"
BRIDGE = "dask.distributed"


class WarmPackages(MetaPathFinder, Loader):
    """Hands out modules that are loaded already.

    Parameters
    ----------
    fresh
        Names of the modules that a fresh interpreter has.
    filters
        The filters of warnings that a fresh interpreter has.
    """

    def __init__(self, fresh: frozenset[str], filters: Sequence[Any]) -> None:
        self._modules: dict[str, ModuleType] = {}
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if name in fresh or top in sys.stdlib_module_names or top == "__main__":
                continue
            self._modules[name] = sys.modules.pop(name)
        known = {id(one) for one in filters}
        self._filters = [one for one in warnings.filters if id(one) not in known]
        warnings.filters[:] = filters  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]
        quiet_loggers()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Describe a module that is here; nothing happens to it yet."""
        module = self._modules.get(fullname)
        original = getattr(module, "__spec__", None)
        if module is None or original is None:
            return None
        spec = ModuleSpec(fullname, self, origin=original.origin)
        spec.submodule_search_locations = original.submodule_search_locations
        spec.cached = original.cached
        spec.has_location = original.has_location
        spec.loader_state = original
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return the module as it is."""
        return self._modules.get(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Give it out, with all that its own import would have brought."""
        spec = module.__spec__
        assert spec is not None
        module.__spec__ = spec.loader_state
        top = spec.name.partition(".")[0]
        if spec.name == BRIDGE or top == DISTRIBUTED:
            self._give_out_distributed(with_bridge=spec.name == BRIDGE)
        elif top == DASK:
            self._give_out_dask()
        else:
            self._give_out([name for name in self._modules if name.partition(".")[0] == top])

    def _give_out_dask(self) -> None:
        late = [name for name in self._modules if name.partition(".")[0] == DISTRIBUTED]
        self._give_out([name for name in self._modules if name not in (BRIDGE, *late)])
        # It comes back with the import of the bridge.
        vars(sys.modules[DASK]).pop(DISTRIBUTED, None)
        sys.modules["dask.config"].refresh()
        forget_what_differs()

    def _give_out_distributed(self, with_bridge: bool) -> None:
        if DASK in self._modules:
            self._give_out_dask()
        first = DISTRIBUTED in self._modules
        self._give_out([name for name in self._modules if with_bridge or name != BRIDGE])
        if first:
            read_settings()
        if not self._modules:
            sys.meta_path.remove(self)

    def _give_out(self, names: list[str]) -> None:
        if "numpy" in names:
            warnings.filters[:0] = self._filters  # type: ignore[index]
            warnings._filters_mutated()  # type: ignore[attr-defined]
        for name in names:
            sys.modules.setdefault(name, self._modules.pop(name))


def quiet_loggers() -> None:
    """Take back what importing Dask did to the loggers of its packages."""
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and (logger.handlers or logger.level):
            logger.handlers.clear()
            logger.setLevel(logging.NOTSET)
            logger.propagate = True


def read_settings() -> None:
    """Have settings read as the import of ``distributed`` does."""
    config = sys.modules["dask.config"]
    settings = sys.modules["distributed.config"]
    # What a script has set since it has imported Dask.
    config.rename(settings.deprecations)
    settings.initialize_logging(config.config)
