"""What a driver's processes would inherit from it, as plain Python's workers do."""

from __future__ import annotations

import ast
import os
import pickle
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dask_runner.base.files import read_json

#: Says that a scheduler is ours, by its address: clients of others are none of our business.
SCHEDULER = "DASKRUNNER_SCHEDULER"
#: The run that a driver belongs to.
RUN = "DASKRUNNER_RUN"
#: The file that a run's output goes to.
OUTPUT = "DASKRUNNER_OUTPUT"
#: Set where what workers print is to begin with their names.
MARKS = "DASKRUNNER_MARKS"
#: A file about a driver of a cloud: where its code is, and the environment that it was given.
ELSEWHERE = "DASKRUNNER_ELSEWHERE"
#: Dask's own hook for clients that connect.
PRELOAD = "DASK_DISTRIBUTED__CLIENT__PRELOAD"
#: Dask's settings of its logs: a preload of ours is nothing to tell of.
LOGGING = "DASK_LOGGING"
QUIET = {"distributed.preloading": "warning"}
#: What a supervisor adds to a driver's environment, and its workers need not see.
OURS = (
    "DASK_SCHEDULER_ADDRESS",
    "DASK_DISTRIBUTED__COMM__TLS__CA_FILE",
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT",
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY",
    PRELOAD,
    LOGGING,
    SCHEDULER,
    OUTPUT,
    RUN,
    MARKS,
    ELSEWHERE,
)
#: What is added to Dask's own hook.
CLIENT_PRELOAD = "dask_runner.world.client_preload"
ATTACHED_PRELOAD = "dask_runner.remote.attached_preload"
#: Dask's settings that come from there.
OUR_SETTINGS = (
    ("scheduler-address",),
    ("distributed", "client", "preload"),
    ("logging", "distributed.preloading"),
    ("distributed", "comm", "tls", "ca-file"),
    ("distributed", "comm", "tls", "client"),
)


@dataclass(frozen=True)
class World:
    """A driver's world at the moment when its script asks for a cluster."""

    directory: str
    path: list[str]
    arguments: list[str]
    environment: dict[str, str]
    config: dict[str, Any] = field(default_factory=dict)
    #: The script, where workers import it as ``__mp_main__``.
    main: str | None = None
    output: str | None = None
    run: str | None = None
    #: Whether each line that a worker prints begins with its name.
    marks: bool = False
    #: Where workers are on other machines: the folder that the script's code was unpacked in.
    code: str | None = None
    #: Likewise: variables that the run or its script has set, and None for those it has removed.
    changed: dict[str, str | None] = field(default_factory=dict)

    @staticmethod
    def here() -> World:
        """Return that of this process."""
        import dask.config

        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        elsewhere = read_json(Path(os.environ[ELSEWHERE])) if ELSEWHERE in os.environ else None
        return World(
            directory=_directory(),
            path=[folder for folder in sys.path if isinstance(folder, str)],
            arguments=[str(argument) for argument in sys.argv],
            environment=environment,
            config=_as_without_us(dask.config.config),
            main=importable_main(),
            output=os.environ.get(OUTPUT),
            run=os.environ.get(RUN),
            marks=MARKS in os.environ,
            code=None if elsewhere is None else elsewhere["code"],
            changed={} if elsewhere is None else _changes(elsewhere["environment"], environment),
        )

    def pack(self) -> bytes:
        """Return it as bytes; settings that cannot be pickled stay behind, as with Dask's own."""
        config = {name: value for name, value in self.config.items() if _pickles(value)}
        return pickle.dumps({**asdict(self), "config": config})

    @staticmethod
    def unpack(packed: bytes) -> World:
        """Read what ``pack`` wrote."""
        return World(**pickle.loads(packed))


def importable_main() -> str | None:
    """Return the path of a script that new processes import; None where they must not.

    ``multiprocessing`` imports the script in each process that it spawns, so what it does outside
    of ``if __name__ == "__main__":`` is done there, too. A script without that line would start
    itself again: plain Python refuses it, here it runs without being imported.
    """
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if path is None or getattr(main, "__spec__", None) is not None:
        return None
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    guarded = any(isinstance(node, ast.If) and _names_main(node.test) for node in tree.body)
    return str(Path(path).absolute()) if guarded else None


def _changes(before: dict[str, str], now: dict[str, str]) -> dict[str, str | None]:
    set_since = {name: value for name, value in now.items() if before.get(name) != value}
    return {**dict.fromkeys(name for name in before if name not in {*now, *OURS}), **set_since}


def _names_main(test: ast.expr) -> bool:
    found = list(ast.walk(test))
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in found) and any(
        isinstance(node, ast.Constant) and node.value == "__main__" for node in found
    )


def _directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        # The script has removed it.
        return str(Path.home())


def _as_without_us(config: dict[str, Any]) -> dict[str, Any]:
    """Return Dask's settings as they would be without ``OUR_SETTINGS``: those have its defaults.

    A worker's own client reads them, and Dask expects each default to be there.
    """
    import dask.config

    defaults = dask.config.merge(*dask.config.defaults)
    found = _replaced(config, defaults, OUR_SETTINGS)
    ours = {CLIENT_PRELOAD, ATTACHED_PRELOAD}
    preloads = dask.config.get("distributed.client.preload", [], config=config)
    if isinstance(preloads, list) and "distributed" in found:
        kept = [one for one in preloads if one not in ours]
        client = {**found["distributed"].get("client", {}), "preload": kept}
        found["distributed"] = {**found["distributed"], "client": client}
    return found


def _replaced(
    config: dict[str, Any], defaults: dict[str, Any], paths: tuple[tuple[str, ...], ...]
) -> dict[str, Any]:
    copy = dict(config)
    for name in {path[0] for path in paths}:
        rests = [path[1:] for path in paths if path[0] == name]
        if () not in rests:
            inner = copy.get(name)
            if isinstance(inner, dict):
                copy[name] = _replaced(inner, defaults.get(name) or {}, tuple(rests))
        elif name in defaults:
            copy[name] = defaults[name]
        else:
            copy.pop(name, None)
    return copy


def _pickles(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:
        return False
    return True
