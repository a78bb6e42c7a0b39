"""Our own routes on a cluster's HTTP side, below its secret prefix.

Loaded by the scheduler through ``distributed.scheduler.http.routes``; each handler's ``server``
is a ``dask_runner.hosted.local_cluster.PrivateScheduler``.
"""

from __future__ import annotations

import json
import logging
from time import time
from typing import Any

from distributed.http.utils import RequestHandler

from dask_runner.cluster.spec import WorkerRange

logger = logging.getLogger("distributed.scheduler.dask_runner")


class JsonHandler(RequestHandler):  # type: ignore[misc]
    """Answers in JSON, errors too."""

    def reply(self, value: dict[str, Any], status: int = 200) -> None:
        """Send an object."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(value))

    def body(self) -> dict[str, Any]:
        """Return the request's JSON object.

        Raises
        ------
        ValueError
            When it is not one.
        """
        value = json.loads(self.request.body or b"{}")
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")
        return value

    def write_error(self, status_code: int, **details: Any) -> None:
        """Say what went wrong as JSON."""
        error = details.get("exc_info", (None, None, None))[1]
        if isinstance(error, ValueError | TypeError | KeyError):
            status_code = 400
        self.reply({"error": str(error) or type(error).__name__}, status_code)

    def log_exception(self, *details: Any) -> None:
        """Log what the other side cannot have caused."""
        if not issubclass(details[0], ValueError | TypeError | KeyError):
            logger.error("Request failed: %s", self.request.path, exc_info=details)


class StateHandler(JsonHandler):
    """``GET dask-runner/state``."""

    def get(self) -> None:
        """Tell the range of workers, the jobs alive, and since when there is no work."""
        self.reply(self.server.controller.summary())


class WorkersHandler(JsonHandler):
    """``GET dask-runner/workers``: what is shown of workers, shaped as in Dask's own identity.

    Dask's ``json/identity.json`` fails while tasks run (distributed 2026.8: keys of
    ``metrics["digests_total_since_heartbeat"]`` are tuples, which are no keys in JSON).
    """

    def get(self) -> None:
        """Tell each worker by its address, with what it measured at its last heartbeat."""
        workers = {address: shown(worker) for address, worker in self.server.workers.items()}
        self.reply({"started": self.server.time_started, "workers": workers})


def shown(worker: Any) -> dict[str, Any]:
    """Return what is shown of a ``distributed.scheduler.WorkerState``, as JSON has it."""
    metrics = worker.metrics
    counts = metrics.get("task_counts") or {}
    return {
        "name": worker.name if isinstance(worker.name, int) else str(worker.name),
        "host": worker.host,
        "nthreads": worker.nthreads,
        "memory_limit": worker.memory_limit,
        "last_seen": worker.last_seen,
        "status": worker.status.name,
        "metrics": {
            "memory": metrics.get("memory"),
            "cpu": metrics.get("cpu"),
            "spilled_bytes": {"memory": (metrics.get("spilled_bytes") or {}).get("memory")},
            "task_counts": {"executing": counts.get("executing", metrics.get("executing", 0))},
            **{name: {} for name in metrics if str(name).startswith("gpu")},
        },
    }


class ScaleHandler(JsonHandler):
    """``POST dask-runner/scale``."""

    async def post(self) -> None:
        """Change the number of workers; answers when Dask has been told."""
        workers = WorkerRange.parse(self.body())
        self.server.controller.scale(workers)
        self.reply({"workers": workers.to_json()})


class RestartHandler(JsonHandler):
    """``POST dask-runner/restart``."""

    async def post(self) -> None:
        """Restart all workers; tasks that were running run again."""
        self.body()
        answers = await self.server.restart_workers(
            timeout=30, on_error="return", stimulus_id=f"dask-runner-restart-{time()}"
        )
        failed = [address for address, answer in answers.items() if answer == "timed out"]
        if failed:
            self.reply({"error": f"{len(failed)} workers did not come back within 30 s."}, 504)
        else:
            self.reply({"restarted": len(answers)})


class ShutdownHandler(JsonHandler):
    """``POST dask-runner/shutdown``."""

    async def post(self) -> None:
        """Begin to close the cluster."""
        reason = self.body().get("reason", "It was shut down.")
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError("reason must be a sentence")
        self.server.controller.end(reason)
        self.reply({"closing": True})


class JobsHandler(JsonHandler):
    """``POST dask-runner/jobs``: a supervisor says that its driver begins, or has ended."""

    async def post(self) -> None:
        """Keep the cluster while that supervisor lives; make its code importable."""
        body = self.body()
        job, pid = body.get("id"), body.get("pid")
        if not isinstance(job, str) or not isinstance(pid, int):
            raise ValueError("id must be text and pid a number")
        if body.get("ended"):
            self.server.controller.jobs.remove(job)
            self.reply({"ok": True})
            return
        self.server.controller.jobs.add(job, pid, body.get("pidStart"))
        self.server.get_task_stream(start=0, stop=0)  # the report needs this plugin from now on
        answer = {"ok": True, "monitorCount": self.server.monitor.count, "time": time()}
        if isinstance(body.get("archive"), dict):
            await self.server.controller.add_archive(job, body["archive"])
        self.reply(answer)


class CollectHandler(JsonHandler):
    """``POST dask-runner/collect``: a job on this machine asks for what its workers have left."""

    async def post(self) -> None:
        """Have their last prints written, and their files brought into a folder."""
        self.reply(await self.server.controller.collect(str(self.body()["id"])))


class ReportHandler(JsonHandler):
    """``POST dask-runner/report``."""

    async def post(self) -> None:
        """Return Dask's performance report for the time since ``start``, as one HTML page."""
        body = self.body()
        html = await self.server.performance_report(
            start=float(body["start"]),
            last_count=int(body.get("monitorCount", 0)),
            code=str(body.get("code", "")),
            mode="inline",
        )
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(html)


class LogsHandler(JsonHandler):
    """``GET dask-runner/logs``."""

    async def get(self) -> None:
        """Return what the scheduler and its workers keep of their logs in memory, oldest first.

        And what workers wrote that have ended unasked, where that can be had.
        """
        logs = {"scheduler": as_text(self.server.get_logs())}
        names = {address: worker.name for address, worker in self.server.workers.items()}
        for address, kept in (await self.server.get_worker_logs()).items():
            logs[log_name(names.get(address, address))] = as_text(kept)
        for name, text in (await self.server.controller.ended_logs()).items():
            logs.setdefault(log_name(name), text)
        self.reply({"logs": logs})


def log_name(worker: Any) -> str:
    """Return what a worker's log is called: workers on YARN have names that say what they are."""
    return str(worker) if str(worker).startswith("worker-") else f"worker-{worker}"


def as_text(lines: Any) -> str:
    """Return a log as Dask hands it out, newest first, as text."""
    if not isinstance(lines, list | tuple):
        return ""
    return "".join(f"{line[-1]}\n" for line in reversed(lines))


routes: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
    ("dask-runner/state", StateHandler, {}),
    ("dask-runner/workers", WorkersHandler, {}),
    ("dask-runner/scale", ScaleHandler, {}),
    ("dask-runner/restart", RestartHandler, {}),
    ("dask-runner/shutdown", ShutdownHandler, {}),
    ("dask-runner/jobs", JobsHandler, {}),
    ("dask-runner/collect", CollectHandler, {}),
    ("dask-runner/report", ReportHandler, {}),
    ("dask-runner/logs", LogsHandler, {}),
]
