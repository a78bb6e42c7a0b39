"""Processes: telling one from a later one with the same pid, and ending whole trees."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def start_token(pid: int) -> str | None:
    """Return what tells a process from a later one with the same pid; None when it is gone.

    Linux: field 22 of ``/proc/PID/stat`` (clock ticks after boot). Windows: the creation time
    in whole seconds since 1970, in UTC. Elsewhere: what ``ps -o lstart= -p PID`` prints in the
    locale C. The side of VS Code compares, so it has to form the same text.
    """
    if sys.platform == "linux":
        fields = _stat_fields(pid)
        return None if fields is None or fields[0] in "ZX" else fields[19]
    if sys.platform == "win32":
        return _windows_seconds(pid)
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return answer.stdout.strip() or None


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third (state) on; the second may hold blanks."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _windows_seconds(pid: int) -> str | None:
    try:
        return str(int(psutil.Process(pid).create_time()))
    except psutil.Error:
        return None


def is_alive(pid: int, token: str | None) -> bool:
    """Tell whether that very process is still running. A zombie is not."""
    current = start_token(pid)
    return current is not None and (token is None or current == token)


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)


def adopt_orphans() -> bool:
    """Become the parent of all descendants whose own parents have ended (Linux)."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux)."""
    if _prctl(PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent:
        os._exit(1)


def descendants(pid: int) -> list[psutil.Process]:
    """Return all living descendants of a process; zombies are left out."""
    found = []
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found


def send(processes: Iterable[psutil.Process], number: int) -> None:
    """Send a signal to each of them; those that have gone are passed over."""
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            process.send_signal(number)


def session_members(session: int) -> list[int]:
    """Return the pids of a session's living processes."""
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == session and start_token(pid) is not None:
                members.append(pid)
    return members


def kill_session(session: int, spare: Iterable[int] = ()) -> int:
    """Kill whatever is left of a session, and return how many processes that were.

    Parameters
    ----------
    session
        The session's id, which is its first process's pid.
    spare
        Processes to leave alone.
    """
    spared = {os.getpid(), *spare}
    killed = 0
    for _ in range(20):  # a process may fork while it is being looked for
        victims = [pid for pid in session_members(session) if pid not in spared]
        if not victims:
            break
        for pid in victims:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def exit_of(status: int) -> tuple[int | None, str | None]:
    """Split a wait status into exit code and signal name; one of them is None."""
    code = os.waitstatus_to_exitcode(status)
    return split_exit(code)


def split_exit(code: int) -> tuple[int | None, str | None]:
    """Split an exit code as ``subprocess`` has it: negative means a signal."""
    if code >= 0 or os.name == "nt":
        return code & 0xFFFFFFFF, None
    try:
        return None, signal.Signals(-code).name
    except ValueError:
        return None, f"SIG{-code}"
