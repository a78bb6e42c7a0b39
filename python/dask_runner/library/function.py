"""``python -m dask_runner run``: call one function of a module on a Dask cluster.

Usage: ``python -m dask_runner run --job-module jobs.etl --job-function run_etl [--local]
[--min-workers N] [--max-workers N] [--worker-memory 8GiB] [--worker-vcores N] -- --key value``

What follows ``--`` becomes keyword arguments: ``--start-date 2026-01-01`` is
``start_date="2026-01-01"``. Values are read as JSON where they are JSON (``3``, ``true``,
``null``, ``[1, 2]``, ``{"a": 1}``); ``True``, ``False`` and ``None`` are Python's; all else is
text, and a JSON string (``'"3"'``) keeps a number text. ``--key`` alone is ``True``; a key that
comes twice becomes a list. Coroutines are awaited, generators are run to their end, and commands of
click and Typer read what follows ``--`` themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from dask_runner.library.call import Call, JobError
from dask_runner.library.click_command import command_of, is_command, run_command

WORDS = {"True": True, "False": False, "None": None}


def read_value(text: str) -> Any:
    """Read one value from the command line."""
    if text in WORDS:
        return WORDS[text]
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def read_arguments(arguments: list[str]) -> dict[str, Any]:
    """Turn ``--key value`` pairs into keyword arguments.

    Raises
    ------
    JobError
        When something is no key, and belongs to none.
    """
    found: dict[str, list[Any]] = {}
    index = 0
    while index < len(arguments):
        word = arguments[index]
        if not word.startswith("--") or len(word) == 2:
            raise JobError(f'"{word}" belongs to no key. Write arguments as --key value.')
        key, has_value, value = word[2:].partition("=")
        index += 1
        if not has_value and index < len(arguments) and not arguments[index].startswith("--"):
            value, has_value = arguments[index], "="
            index += 1
        name = key.replace("-", "_")
        found.setdefault(name, []).append(read_value(value) if has_value else True)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def find_function(module: str, function: str) -> Callable[..., Any]:
    """Import a module and return one of its functions.

    Raises
    ------
    JobError
        When either is not there. What the module itself raises goes through.
    """
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(error.name + ".")):
            raise JobError(
                f'There is no module "{module}" ({error}). Run this from the folder that holds '
                "its top package."
            ) from error
        raise
    found = getattr(loaded, function, None)
    if not callable(found):
        names = sorted(
            name
            for name, value in vars(loaded).items()
            if name[0] != "_"
            and ((inspect.isfunction(value) and value.__module__ == module) or is_command(value))
        )
        raise JobError(
            f'The module "{module}" has no function "{function}". '
            f"It has: {', '.join(names) if names else 'none'}"
        )
    result: Callable[..., Any] = found
    return result


def main(own_name: str, arguments: list[str]) -> int:
    """Call the function; return the exit code."""
    own, separator, rest = _split(arguments)
    parser = argparse.ArgumentParser(
        prog=f"python -m dask_runner {own_name}", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--job-module", required=True)
    parser.add_argument("--job-function", required=True)
    parser.add_argument("--local", action="store_true", help="start a cluster on this machine")
    parser.add_argument("--min-workers", type=int, default=1)
    parser.add_argument("--max-workers", type=int)
    parser.add_argument("--worker-memory", default="auto")
    parser.add_argument("--worker-vcores", type=int)
    options = parser.parse_args(own)
    if "" not in sys.path and separator is not None:
        sys.path.insert(0, "")
    name = options.job_function
    open_client = functools.partial(_client, options)
    try:
        function = find_function(options.job_module, name)
        command = command_of(function, name)
        if command is not None:
            return run_command(command, name, rest, open_client)
        call = Call(function, name, read_arguments(rest))
    except JobError as error:
        print(f"dask_runner: {error}", file=sys.stderr)
        return 2
    with open_client():
        call.run()
    return 0


@contextlib.contextmanager
def _client(options: argparse.Namespace) -> Iterator[None]:
    """Connect to the cluster of the run, or to one that is started here where that was asked for.

    Yields
    ------
    None
        While a plain ``Client()`` of the function connects to that cluster, too.
    """
    if not options.local and not os.environ.get("DASK_SCHEDULER_ADDRESS"):
        yield
        return
    import dask

    from dask_runner.library.runner import DaskRunner

    runner = DaskRunner(
        worker_memory=options.worker_memory,
        worker_vcores=options.worker_vcores,
        min_workers=options.min_workers,
        max_workers=options.max_workers,
        local=options.local,
    )
    with runner.get_client() as client, dask.config.set(_where(client)):
        yield


def _where(client: Any) -> dict[str, Any]:
    """Return Dask's settings by which other clients find the scheduler of this one."""
    security = client.security
    found = {
        "scheduler-address": client.scheduler.address,
        "distributed.comm.tls.ca-file": security.tls_ca_file,
        "distributed.comm.tls.client.cert": security.tls_client_cert,
        "distributed.comm.tls.client.key": security.tls_client_key,
    }
    return {key: value for key, value in found.items() if value is not None}


def _split(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    if "--" not in arguments:
        return arguments, "", []
    index = arguments.index("--")
    return arguments[:index], "--", arguments[index + 1 :]
