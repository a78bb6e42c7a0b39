"""``python -m dask_runner run``: call one function of a module on a Dask cluster.

Usage: ``python -m dask_runner run --job-module jobs.etl --job-function run_etl [--local]
[--min-workers N] [--max-workers N] [--worker-memory 8GiB] [--worker-vcores N] -- --key value``

What follows ``--`` becomes keyword arguments: ``--start-date 2026-01-01`` is
``start_date="2026-01-01"``. Values are read as JSON where they are JSON (``3``, ``true``,
``null``, ``[1, 2]``, ``{"a": 1}``); ``True``, ``False`` and ``None`` are Python's; all else is
text, and a JSON string (``'"3"'``) keeps a number text. ``--key`` alone is ``True``; a key that
comes twice becomes a list.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

WORDS = {"True": True, "False": False, "None": None}


class JobError(Exception):
    """The function cannot be called as asked; the text is for people."""


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


def check_signature(function: Callable[..., Any], name: str, arguments: dict[str, Any]) -> None:
    """Make sure that a function takes these keyword arguments.

    Raises
    ------
    JobError
        With the names that it takes, when it does not.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(**arguments)
    except TypeError as error:
        names = []
        for one in signature.parameters.values():
            if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
                continue
            option = "--" + one.name.replace("_", "-")
            names.append(option if one.default is one.empty else f"[{option}]")
        accepted = " ".join(names) if names else "no arguments"
        raise JobError(f"{name} cannot be called: {error}. It takes: {accepted}") from error


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
            if inspect.isfunction(value) and value.__module__ == module and name[0] != "_"
        )
        raise JobError(
            f'The module "{module}" has no function "{function}". '
            f"It has: {', '.join(names) if names else 'none'}"
        )
    result: Callable[..., Any] = found
    return result


def main(command: str, arguments: list[str]) -> int:
    """Call the function; return the exit code."""
    own, separator, rest = _split(arguments)
    parser = argparse.ArgumentParser(
        prog=f"python -m dask_runner {command}", description=__doc__.split("\n")[0]
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
    try:
        values = read_arguments(rest)
        function = find_function(options.job_module, options.job_function)
        check_signature(function, options.job_function, values)
    except JobError as error:
        print(f"dask_runner: {error}", file=sys.stderr)
        return 2
    import os

    if not options.local and not os.environ.get("DASK_SCHEDULER_ADDRESS"):
        function(**values)
        return 0
    from dask_runner.library.runner import DaskRunner

    runner = DaskRunner(
        worker_memory=options.worker_memory,
        worker_vcores=options.worker_vcores,
        min_workers=options.min_workers,
        max_workers=options.max_workers,
        local=options.local,
    )
    with runner.get_client():
        function(**values)
    return 0


def _split(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    if "--" not in arguments:
        return arguments, "", []
    index = arguments.index("--")
    return arguments[:index], "--", arguments[index + 1 :]
