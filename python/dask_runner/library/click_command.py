"""Commands of click and Typer: their own parser reads the arguments."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
import typing
from collections.abc import Callable
from typing import Any

from dask_runner.library.call import JobError

Opener = Callable[[], contextlib.AbstractContextManager[Any]]


def command_of(found: Any, name: str) -> Any:
    """Return what is found as a command of click's; None where it is none.

    A Typer app, and a function whose parameters are written for Typer, are made into one.

    Raises
    ------
    JobError
        When it is a command that cannot be run.
    """
    if _is_typer_app(found):
        found = _typer().main.get_command(found)
    elif inspect.isfunction(found) and _is_for_typer(found):
        app = _typer().Typer(add_completion=False)
        app.command()(found)
        found = _typer().main.get_command(app)
    if inspect.isclass(found) or not _is_command(found):
        return None
    if inspect.iscoroutinefunction(found.main):
        raise JobError(
            f"{name} cannot be called: it is a command of {type(found).__module__.split('.')[0]}, "
            "which is run inside of an event loop. Give a coroutine function (async def) that "
            f"calls {name}.main(…)."
        )
    return found


def is_command(found: Any) -> bool:
    """Tell whether it is a command, or an app of Typer's."""
    return _is_typer_app(found) or (not inspect.isclass(found) and _is_command(found))


def _is_command(found: Any) -> bool:
    # Not by the name of its class: Typer brings a click of its own, and neither need be installed.
    # Not by what the object has itself either: delayed ones have all that they are asked for.
    kind = type(found)
    return all(callable(getattr(kind, name, None)) for name in ("main", "make_context", "invoke"))


def _is_typer_app(found: Any) -> bool:
    return any(
        one.__module__.partition(".")[0] == "typer" and one.__name__ == "Typer"
        for one in type(found).__mro__
    )


def _is_for_typer(function: Callable[..., Any]) -> bool:
    """Tell whether a parameter is one of ``typer.Option`` or ``typer.Argument``."""
    if "typer" not in sys.modules:
        return False
    noted: list[Any] = [one.default for one in inspect.signature(function).parameters.values()]
    # Names in annotations may be there for type checkers alone.
    with contextlib.suppress(Exception):
        for hint in typing.get_type_hints(function, include_extras=True).values():
            noted += getattr(hint, "__metadata__", ())
    return any(
        type(one).__module__.startswith("typer.") and type(one).__name__.endswith("Info")
        for one in noted
    )


def _typer() -> Any:
    import typer.main

    return typer


def run_command(command: Any, name: str, arguments: list[str], open_client: Opener) -> int:
    """Run a command as from a shell; return its exit code.

    Parameters
    ----------
    command
        Of click, or of Typer's own click.
    name
        What usage messages call it.
    arguments
        What its parser reads.
    open_client
        Makes what the command runs in, once its arguments are known to be right.
    """
    with contextlib.ExitStack() as stack:
        LateClient(stack, open_client).put_before(command)
        try:
            result = command.main(args=arguments, prog_name=name, standalone_mode=True)
        except SystemExit as end:
            if end.code is None or isinstance(end.code, int):
                return end.code or 0
            print(end.code, file=sys.stderr)
            return 1
        return result if isinstance(result, int) else 0


class LateClient:
    """Opens a client when a command is invoked: by then, its arguments have been read.

    Parameters
    ----------
    stack
        What keeps it open.
    open_client
        Makes it.
    """

    def __init__(self, stack: contextlib.ExitStack, open_client: Opener) -> None:
        self._stack = stack
        self._open_client: Opener | None = open_client
        self._seen: list[Any] = []

    def put_before(self, command: Any) -> None:
        """Put it before a command; of a group, before each of its commands."""
        if any(command is one for one in self._seen):
            return
        self._seen.append(command)
        invoke, resolve = command.invoke, getattr(command, "resolve_command", None)

        def invoke_inside(context: Any) -> Any:
            # A group reads the arguments of its command when it is invoked itself.
            if resolve is None or not _rest(context):
                self._open()
            return invoke(context)

        def resolve_and_put(context: Any, arguments: list[str]) -> Any:
            assert resolve is not None
            found = resolve(context, arguments)
            if found[1] is not None:
                self.put_before(found[1])
            return found

        command.invoke = invoke_inside
        if resolve is not None:
            command.resolve_command = resolve_and_put
        callback = getattr(command, "callback", None)
        if inspect.iscoroutinefunction(callback):
            # click itself does not await it.
            command.callback = lambda *given, **named: asyncio.run(callback(*given, **named))

    def _open(self) -> None:
        if self._open_client is not None:
            self._stack.enter_context(self._open_client())
            self._open_client = None


def _rest(context: Any) -> list[str]:
    """Return what a group's own parser has left to its commands."""
    name = "_protected_args" if hasattr(context, "_protected_args") else "protected_args"
    return [*getattr(context, name, ()), *context.args]
