"""One call of whatever a module calls a function: a coroutine, a generator, any object."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any


class JobError(Exception):
    """The function cannot be called as asked; the text is for people."""


class Call:
    """A call that is known to fit, before anything is started for it.

    Parameters
    ----------
    function
        What is called.
    name
        What its module calls it.
    values
        Its arguments by their names.

    Raises
    ------
    JobError
        With the names that it takes, when these are others.
    """

    def __init__(self, function: Callable[..., Any], name: str, values: dict[str, Any]) -> None:
        self._function = function
        self._positional, self._named = arrange(function, name, values)

    def run(self) -> None:
        """Call it, and have all of its lines run."""
        result = self._function(*self._positional, **self._named)
        # Calling these runs none of their lines yet.
        if isinstance(result, Coroutine):
            asyncio.run(_awaited(result))
        elif isinstance(result, AsyncGenerator):
            asyncio.run(_exhausted(result))
        elif inspect.isgenerator(result) and _is_generator_function(self._function):
            for _value in result:
                pass
        elif _is_delayed(self._function):
            result.compute()


async def _awaited(coroutine: Coroutine[Any, Any, Any]) -> None:
    await coroutine


async def _exhausted(generator: AsyncGenerator[Any, Any]) -> None:
    async for _value in generator:
        pass


def _is_generator_function(function: Callable[..., Any]) -> bool:
    """Tell it from a function that returns a generator, which may have no end."""
    while isinstance(function, functools.partial):
        function = function.func
    plain = inspect.unwrap(function)
    return inspect.isgeneratorfunction(plain) or inspect.isgeneratorfunction(
        getattr(plain, "__call__", None)  # noqa: B004
    )


def _is_delayed(function: Callable[..., Any]) -> bool:
    """Tell whether ``dask.delayed`` has made it: its calls are notes of work to do."""
    return hasattr(type(function), "__dask_graph__")


def arrange(
    function: Callable[..., Any], name: str, values: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Sort arguments into those that are passed by position, and those by name.

    Raises
    ------
    JobError
        With the names that the function takes, when these do not fit, and when it cannot be called.
    """
    if inspect.isclass(function) and inspect.isabstract(function):
        raise JobError(
            f"{name} cannot be called: it is an abstract class. Name a function, or a class that "
            "fills in what it leaves open."
        )
    try:
        signature = inspect.signature(
            getattr(function, "_obj", function) if _is_delayed(function) else function
        )
    except (TypeError, ValueError):
        return [], values
    positional, named = _by_position(signature, values)
    try:
        signature.bind(*positional, **named)
    except TypeError as error:
        raise JobError(
            f"{name} cannot be called: {error}. It takes: {accepted(signature)}"
        ) from error
    return positional, named


def _by_position(
    signature: inspect.Signature, values: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Take out what has to be passed by position: some parameters can be reached by no name."""
    parameters = list(signature.parameters.values())
    last = 0
    for index, one in enumerate(parameters):
        given = one.name in values
        if given and one.kind in (one.POSITIONAL_ONLY, one.VAR_POSITIONAL):
            last = index + 1
    positional: list[Any] = []
    named = dict(values)
    for one in parameters[:last]:
        if one.kind is one.VAR_POSITIONAL:
            value = named.pop(one.name)
            positional += value if isinstance(value, list) else [value]
        elif one.name in named:
            positional.append(named.pop(one.name))
        elif one.default is not one.empty:
            positional.append(one.default)
        else:
            # Binding says which one is missing.
            return [], values
    return positional, named


def accepted(signature: inspect.Signature) -> str:
    """Return what a function takes, as it is written on the command line."""
    names = []
    for one in signature.parameters.values():
        option = "--" + one.name.replace("_", "-")
        if one.kind is one.VAR_KEYWORD:
            names.append("and any others")
        elif one.kind is one.VAR_POSITIONAL:
            names.append(f"[{option} …]")
        else:
            names.append(option if one.default is one.empty else f"[{option}]")
    return " ".join(names) if names else "no arguments"
