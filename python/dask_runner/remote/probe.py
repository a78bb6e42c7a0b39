"""Asking and steering a scheduler that is not ours: ``probe``, ``restart-workers``, ``fetch-logs``.

Each prints one JSON object as its last line and exits with 0: what went wrong is in the object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dask_runner.remote.dashboard import dashboard_url

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
RESTART_SECONDS = 60.0

Answer = dict[str, Any]


class ProbeError(Exception):
    """The scheduler cannot be asked.

    Parameters
    ----------
    code
        ``unreachable``, ``tlsFailed``, ``versionMismatch`` or ``addressInvalid``.
    message
        For people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Scheduler:
    """One connection's worth of questions.

    Parameters
    ----------
    address
        Dask address.
    tls
        Paths of the PEM files, where it has some.
    """

    def __init__(self, address: str, tls: dict[str, str] | None) -> None:
        self._address = address
        self._tls = tls

    async def ask(self, operation: str, seconds: float = ANSWER_SECONDS, **arguments: Any) -> Any:
        """Call one of the scheduler's handlers.

        Raises
        ------
        ProbeError
            When there is no answer in time.
        """
        from dask_runner.remote.ask import ask

        try:
            return await asyncio.wait_for(
                ask(self._address, self._tls, operation, **arguments), seconds
            )
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise self._explain(error) from error
        except (OSError, ValueError, TypeError) as error:
            raise self._explain(error) from error
        except Exception as error:
            raise ProbeError(
                "versionMismatch",
                f"{self._address} answered what this Dask does not understand: "
                f"{type(error).__name__}: {error}. Use the version of Dask that it runs.",
            ) from error

    def _explain(self, error: BaseException) -> ProbeError:
        chain: list[BaseException] = []
        cause: BaseException | None = error
        while cause is not None and cause not in chain:
            chain.append(cause)
            cause = cause.__cause__ or cause.__context__
        texts = " ".join(str(one) for one in chain)
        last = chain[-1]
        missing = [
            path for path in (self._tls or {}).values() if not path or not os.access(path, os.R_OK)
        ]
        if missing:
            return ProbeError(
                "tlsFailed",
                f"{self._address} cannot be reached: the certificate file {missing[0]} cannot be "
                "read. Check the paths of ca, cert and key.",
            )
        if any(isinstance(one, ssl.SSLError) for one in chain) or "TLS" in texts:
            return ProbeError(
                "tlsFailed",
                f"{self._address} cannot be reached with these certificates: {last}. "
                "Check the paths of ca, cert and key.",
            )
        if isinstance(last, ValueError | TypeError) and "ncrypt" not in texts:
            return ProbeError(
                "addressInvalid",
                f'"{self._address}" is not the address of a scheduler: {last}. '
                "Write it as tcp://host:8786.",
            )
        if any(type(one).__name__ == "CommClosedError" for one in chain):
            tls = self._address.startswith("tls")
            return ProbeError(
                "tlsFailed" if tls else "unreachable",
                f"{self._address} closed the connection. "
                + (
                    "It does not accept these certificates, or does not speak TLS."
                    if tls
                    else "It is not a Dask scheduler, or it wants tls://."
                ),
            )
        return ProbeError(
            "unreachable",
            f"{self._address} does not answer: {last or type(last).__name__}. "
            "Check the address, and that the scheduler runs.",
        )


async def probe(scheduler: Scheduler, address: str) -> Answer:
    """Return who the scheduler is, and where its dashboard is, behind a prefix too."""
    identity = await scheduler.ask("identity", CONNECT_SECONDS)
    if not isinstance(identity, dict) or identity.get("type") != "Scheduler":
        kind = identity.get("type") if isinstance(identity, dict) else type(identity).__name__
        raise ProbeError(
            "versionMismatch", f"{address} is not a scheduler but a {kind}. Use its scheduler's."
        )
    url = await asyncio.to_thread(dashboard_url, address, identity)
    return {"ok": True, "identity": jsonable(identity), "dashboardUrl": url}


async def restart_workers(scheduler: Scheduler) -> Answer:
    """Restart all workers; tasks that were running run again."""
    answers = await scheduler.ask(
        "restart_workers",
        RESTART_SECONDS,
        timeout=RESTART_SECONDS - 10,
        on_error="return",
        stimulus_id=f"dask-runner-restart-{time.time()}",
    )
    late = sum(1 for answer in answers.values() if answer == "timed out")
    if late:
        raise ProbeError("unreachable", f"{late} workers did not come back in time.")
    return {"ok": True, "restarted": len(answers)}


async def fetch_logs(scheduler: Scheduler, folder: Path) -> Answer:
    """Write the logs that the scheduler and its workers keep in memory to files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = await scheduler.ask("get_logs")
    identity = await scheduler.ask("identity")
    names = {
        worker_address: str(worker.get("name", worker_address))
        for worker_address, worker in identity.get("workers", {}).items()
    }
    workers = await scheduler.ask("worker_logs")
    files = [_write_log(folder, "scheduler", own)]
    for worker_address, lines in workers.items():
        files.append(_write_log(folder, f"worker-{names.get(worker_address)}", lines))
    return {"ok": True, "files": files}


def _write_log(folder: Path, name: str, lines: Any) -> dict[str, str]:
    safe = "".join(one if one.isalnum() or one in "-_." else "_" for one in name)[:120]
    path = folder / f"{safe}.log"
    # Dask hands them out newest first.
    texts = [str(line[-1]) for line in reversed(lines)] if isinstance(lines, list | tuple) else []
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text("".join(f"{text}\n" for text in texts), "utf-8", "replace")
    temporary.chmod(0o600)
    temporary.replace(path)
    return {"id": safe, "path": str(path)}


def jsonable(value: Any) -> Any:
    """Return a copy that JSON can hold."""
    if isinstance(value, dict):
        return {str(key): jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(one) for one in value]
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def main(command: str, arguments: list[str]) -> int:
    """Run one of the three commands; return the exit code."""
    parser = argparse.ArgumentParser(prog=f"dask_runner {command}")
    parser.add_argument("--address", required=True)
    for name in ("ca", "cert", "key"):
        parser.add_argument(f"--tls-{name}")
    if command == "fetch-logs":
        parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    tls = None
    if options.tls_ca or options.tls_cert or options.tls_key:
        tls = {"ca": options.tls_ca, "cert": options.tls_cert, "key": options.tls_key}
    scheduler = Scheduler(options.address, tls)
    calls: dict[str, Callable[[], Awaitable[Answer]]] = {
        "probe": lambda: probe(scheduler, options.address),
        "restart-workers": lambda: restart_workers(scheduler),
        "fetch-logs": lambda: fetch_logs(scheduler, options.folder),
    }
    print(json.dumps(answer_of(calls[command])))
    sys.stdout.flush()
    return 0


def answer_of(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make the call; turn what goes wrong into an answer."""
    try:
        import logging

        import dask
        import distributed
    except ImportError as error:
        return _failure("daskMissing", f"Dask cannot be imported by {sys.executable}: {error}.")
    assert distributed is not None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    dask.config.set({"distributed.comm.timeouts.connect": CONNECT_SECONDS})

    async def run() -> Answer:
        return await call()

    try:
        return asyncio.run(run())
    except ProbeError as error:
        return _failure(error.code, str(error))
    except Exception as error:
        return _failure("unreachable", f"{type(error).__name__}: {error}")


def _failure(code: str, message: str) -> Answer:
    return {"ok": False, "error": {"code": code, "message": message}}
