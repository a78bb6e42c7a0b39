"""``run`` with all that a module may call a function."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ENVIRONMENT, MAIN

from dask_runner.library.call import JobError, arrange

KINDS = """
import asyncio, functools
from abc import ABC, abstractmethod

async def coroutine(rows=3):
    from distributed import Client
    async with Client(asynchronous=True) as client:
        print("rows", rows, await client.submit(sum, range(rows)), client.scheduler.address)
        print(client.cluster)  # not one that it has made
async def awaited(rows=3):
    await asyncio.sleep(0); print("rows", rows)
async def fails():
    await asyncio.sleep(0); raise ValueError("no")
async def leaves():
    raise SystemExit(5)
def generator(rows=3):
    print("started"); yield rows
    print("ended")
async def async_generator(rows=3):
    print("started"); yield rows
    await asyncio.sleep(0); print("ended")
def endless():
    from itertools import count
    print("returned"); return count()

@functools.wraps(awaited)
def wrapped(*given, **named): return awaited(*given, **named)

class Job:
    def __init__(self, rows=3): print("made", rows)
class Open(ABC):
    @abstractmethod
    def run(self): ...
class Callable:
    def __call__(self, rows=3): print("called", rows)
class AsyncCallable:
    async def __call__(self, rows=3): print("awaited", rows)
class Iterating:
    def __call__(self, rows=3):
        yield; print("went on", rows)
thing, async_thing, iterating = Callable(), AsyncCallable(), Iterating()
part = functools.partial(awaited, rows=7)
steps = functools.partial(generator, 7)
def positional(first, /, second=2, *rest, third=3): print(first, second, rest, third)
def shadowed(rows, /, **more): print(rows, more)
def anything(**more): print(sorted(more.items()))
"""
DELAYED = """
import dask
@dask.delayed
def lazy(rows): print("computed", rows)
"""
COMMANDS = """
import sys
import click

@click.command()
@click.option("--rows", default=3)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("names", nargs=-1)
@click.option("--code", default=0)
def cli(rows, day, names, code):
    print("rows", rows, day and day.year, names)
    sys.exit(code)

@click.group()
@click.option("--level", default="info")
def group(level): print("level", level)
@group.command()
@click.option("--rows", type=int, required=True)
def load(rows): print("load", rows)
@group.command()
async def waits(): print("awaited")
@group.command()
def adds():
    from distributed import get_client
    print(get_client().submit(sum, [1, 2]).result())

@click.command()
def aborts(): raise click.Abort()
"""
TYPER = """
from datetime import datetime
from typing import Annotated
import typer

app = typer.Typer()
@app.command()
def load(rows: Annotated[int, typer.Option()] = 3, day: datetime = typer.Option("2026-01-02")):
    print("load", rows, day.day)
@app.command()
def stop(code: int): raise typer.Exit(code)

def plain(rows: int = typer.Option(3), *, name: Annotated[str, typer.Option("--who")] = "x"):
    print("plain", rows, name)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "kinds.py").write_text(KINDS)
    (folder / "delayed.py").write_text(DELAYED)
    (folder / "commands.py").write_text(COMMANDS)
    (folder / "typed.py").write_text(TYPER)
    return folder


def run(
    project: Path, target: str, *arguments: str, own: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    module, function = target.split(":")
    names = ["--job-module", module, "--job-function", function]
    return subprocess.run(
        [sys.executable, MAIN, "run", *names, *own, "--", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
    )


LOCAL = ("--local", "--max-workers", "1")


@pytest.mark.parametrize(
    ("function", "arguments", "output"),
    [
        ("awaited", ["--rows", "5"], "rows 5\n"),
        ("wrapped", ["--rows", "5"], "rows 5\n"),
        ("generator", [], "started\nended\n"),
        ("async_generator", [], "started\nended\n"),
        ("endless", [], "returned\n"),
        ("Job", ["--rows", "5"], "made 5\n"),
        ("thing", ["--rows", "5"], "called 5\n"),
        ("async_thing", ["--rows", "5"], "awaited 5\n"),
        ("iterating", [], "went on 3\n"),
        ("part", [], "rows 7\n"),
        ("steps", [], "started\nended\n"),
        ("positional", ["--first", "1"], "1 2 () 3\n"),
        ("positional", ["--first", "1", "--third=4"], "1 2 () 4\n"),
        ("positional", ["--rest", "8", "--rest", "9", "--first=1"], "1 2 (8, 9) 3\n"),
        ("shadowed", ["--rows", "1", "--x", "2"], "1 {'x': 2}\n"),
        ("anything", ["--rows", "1", "--x-y", "2"], "[('rows', 1), ('x_y', 2)]\n"),
    ],
)
def test_kinds_of_functions(
    project: Path, function: str, arguments: list[str], output: str
) -> None:
    done = run(project, f"kinds:{function}", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


def test_a_delayed_function_is_computed(project: Path) -> None:
    done = run(project, "delayed:lazy", "--rows", "5")
    assert (done.returncode, done.stdout) == (0, "computed 5\n"), done.stderr


def test_ends_of_coroutines(project: Path) -> None:
    done = run(project, "kinds:fails")
    assert done.returncode == 1 and "ValueError: no" in done.stderr
    assert run(project, "kinds:leaves").returncode == 5


def test_a_coroutine_finds_the_cluster_that_is_started_for_it(project: Path) -> None:
    done = run(project, "kinds:coroutine", "--rows", "5", own=LOCAL)
    assert done.returncode == 0, done.stderr
    rows, made = done.stdout.splitlines()
    assert rows.startswith("rows 5 10 tls://127.0.0.1:") and made == "None"


@pytest.mark.parametrize(
    ("target", "arguments", "words"),
    [
        ("kinds:Open", [], "abstract class"),
        ("kinds:awaited", ["--row", "5"], "It takes: [--rows]"),
        ("kinds:part", ["--row", "5"], "unexpected keyword argument 'row'"),
        ("kinds:thing", ["--row", "5"], "It takes: [--rows]"),
        ("delayed:lazy", [], "It takes: --rows"),
        (
            "kinds:positional",
            ["--second", "5"],
            "It takes: --first [--second] [--rest …] [--third]",
        ),
        ("kinds:shadowed", ["--x", "5"], "It takes: --rows and any others"),
        ("commands:cli", ["--row", "5"], "No such option"),
        ("commands:cli", ["--rows", "many"], "'many' is not a valid integer"),
        ("commands:group", ["load"], "Missing option '--rows'"),
        ("commands:group", ["lood"], "No such command 'lood'"),
        ("commands:none", [], "It has: aborts, adds, cli, group, load, waits"),
    ],
)
def test_what_does_not_fit_is_said_before_a_cluster_is_made(
    project: Path, target: str, arguments: list[str], words: str
) -> None:
    # With these a cluster could not be made: that would fail otherwise.
    done = run(project, target, *arguments, own=("--local", "--worker-memory", "nonsense"))
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and "nonsense" not in done.stderr


@pytest.mark.parametrize(
    ("function", "arguments", "code", "output"),
    [
        ("cli", ["--rows", "5", "--day", "2026-01-02", "a"], 0, "rows 5 2026 ('a',)\n"),
        ("cli", ["--code", "3"], 3, "rows 3 None ()\n"),
        ("group", ["--level", "debug", "load", "--rows", "5"], 0, "level debug\nload 5\n"),
        ("group", ["waits"], 0, "level info\nawaited\n"),
        ("aborts", [], 1, ""),
    ],
)
def test_click(project: Path, function: str, arguments: list[str], code: int, output: str) -> None:
    done = run(project, f"commands:{function}", *arguments)
    assert (done.returncode, done.stdout) == (code, output), done.stderr


def test_click_runs_inside_of_the_client(project: Path) -> None:
    done = run(project, "commands:group", "adds", own=LOCAL)
    assert (done.returncode, done.stdout) == (0, "level info\n3\n"), done.stderr
    done = run(project, "commands:cli", "--help", own=("--local", "--worker-memory", "nonsense"))
    assert done.returncode == 0 and done.stdout.startswith("Usage: cli "), done.stderr


def test_typer(project: Path) -> None:
    pytest.importorskip("typer")
    done = run(project, "typed:app", "load", "--rows", "5")
    assert (done.returncode, done.stdout) == (0, "load 5 2\n"), done.stderr
    assert run(project, "typed:app", "stop", "4").returncode == 4
    done = run(project, "typed:load", "--day", "2026-05-06")
    assert (done.returncode, done.stdout) == (0, "load 3 6\n"), done.stderr
    done = run(project, "typed:plain", "--who", "me")
    assert (done.returncode, done.stdout) == (0, "plain 3 me\n"), done.stderr
    done = run(project, "typed:plain", "--rows", "many")
    assert done.returncode == 2 and "Invalid value for '--rows'" in done.stderr


def test_a_command_of_an_event_loop_is_refused(project: Path) -> None:
    (project / "looped.py").write_text(
        "class Command:\n"
        "    async def main(self, *given, **named): ...\n"
        "    def make_context(self): ...\n"
        "    def invoke(self): ...\n"
        "    def __call__(self, **named): ...\n"
        "job = Command()\n"
    )
    done = run(project, "looped:job", "--rows", "5")
    assert done.returncode == 2 and "Give a coroutine function" in done.stderr


def test_arguments_by_position() -> None:
    def function(a: Any, b: Any = 2, /, c: Any = 3, *, d: Any = 4) -> None: ...

    assert arrange(function, "f", {"a": 1}) == ([1], {})
    assert arrange(function, "f", {"d": 5, "b": 6, "a": 1, "c": 7}) == ([1, 6], {"c": 7, "d": 5})
    with pytest.raises(JobError, match=r"missing a required .*'a'"):
        arrange(function, "f", {"b": 1})
