"""One YARN application whose master is this process, and not a container."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dask_runner.yarn.admission import Admission, Submission
from dask_runner.yarn.errors import YarnError, java_message
from dask_runner.yarn.events import (
    Allocated,
    ApplicationLost,
    Completed,
    Container,
    Event,
    NodeLeaving,
    StartFailed,
)
from dask_runner.yarn.jvm import Jvm
from dask_runner.yarn.launch import Environment, Handout, Launch
from dask_runner.yarn.resources import WorkerSize, worker_size

logger = logging.getLogger(__name__)

#: Between two heartbeats, in seconds: while containers are asked for or given back, and else.
BUSY_SECONDS, CALM_SECONDS = 0.2, 1.0
#: For the end of the application to be told, in seconds: the ResourceManager may be away.
FINISH_SECONDS = 15
#: How often a ResourceManager that is away is tried again.
RETRY_MILLISECONDS = 1000


class Application:
    """Asks YARN for containers, starts workers in them, and tells what becomes of them.

    Hadoop's classes block; all calls but ``request``, ``release``, ``cancel`` do too, and belong
    into a thread.

    Parameters
    ----------
    jvm
        Where Hadoop's classes are.
    submission
        What is submitted.
    tell
        Called with each event, from a thread of its own.
    """

    def __init__(self, jvm: Jvm, submission: Submission, tell: Callable[[Event], None]) -> None:
        self._jvm = jvm
        self._tell = tell
        self._yarn = jvm.root.org.apache.hadoop.yarn
        self._acts: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._starters = ThreadPoolExecutor(4, thread_name_prefix="yarn-start")
        self._requests: dict[str, tuple[int, Any]] = {}  # by worker: its priority, YARN's request
        self._workers: dict[int, str] = {}  # by priority
        self._containers: dict[str, Any] = {}  # by id: YARN's
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._priority = 0
        self._closed = False
        self._resource: Any = None
        self._launch: Callable[[str], tuple[str, bytes]] | None = None
        self._handout: Handout | None = None
        self._master: Any = None
        self._conf = self._yarn.conf.YarnConfiguration()
        # By default half a minute passes before the first second try.
        self._conf.set("yarn.resourcemanager.connect.retry-interval.ms", str(RETRY_MILLISECONDS))
        #: Its way into the queue, which comes first.
        self.admission = Admission(jvm, self._conf, submission, self._stopping)

    def register(self, host: str, port: int, url: str) -> None:
        """Become the application's master.

        Parameters
        ----------
        host, port
            Where the scheduler listens.
        url
            Of the dashboard, to which the ResourceManager's page links; may be empty.

        Raises
        ------
        YarnError
            When YARN refuses.
        """
        api = self._yarn.client.api
        self._master = api.AMRMClient.createAMRMClient()
        self._master.init(self._conf)
        self._master.start()
        try:
            self._master.registerApplicationMaster(host, port, url)
        except Exception as error:
            self.admission.kill()
            raise YarnError(
                f"YARN does not accept this process as the application's master: "
                f"{java_message(error)}. Clusters that forbid unmanaged masters cannot be used."
            ) from error
        self._nodes = api.NMClient.createNMClient()
        self._nodes.init(self._conf)
        self._nodes.start()
        # The ResourceManager does it, and faster.
        self._nodes.cleanupRunningContainersOnStop(False)

    def begin(
        self, memory: int, vcores: int, environment: Environment, launch: Callable[[str], Any]
    ) -> None:
        """Begin with heartbeats.

        Parameters
        ----------
        memory
            Of each container, in MiB.
        vcores
            Of each container.
        environment
            Whose archive each container gets.
        launch
            Returns a worker's command and secret.

        Raises
        ------
        YarnError
            When the archive cannot be had.
        """
        self._resource = self._yarn.api.records.Resource.newInstance(memory, vcores)
        self._launch = launch
        self._handout = Handout(self._jvm, self._conf, self.admission.id, environment)
        self._thread = threading.Thread(target=self._beat, name="yarn-heartbeat", daemon=True)
        self._thread.start()

    def request(self, worker: str) -> None:
        """Ask for a container for this worker; a name asks once."""

        def act() -> None:
            self._priority += 1
            request = getattr(self._yarn.client.api, "AMRMClient$ContainerRequest")(
                self._resource,
                None,
                None,
                self._yarn.api.records.Priority.newInstance(self._priority),
            )
            self._requests[worker] = (self._priority, request)
            self._workers[self._priority] = worker
            self._master.addContainerRequest(request)

        self._do(act)

    def cancel(self, worker: str) -> None:
        """Take back what was asked for this worker; nothing when it has its container."""
        self._do(lambda: self._forget(worker))

    def release(self, container: str) -> None:
        """Give a container back; what runs in it is killed."""

        def act() -> None:
            known = self._containers.get(container)
            if known is not None:
                self._master.releaseAssignedContainer(known.getId())

        self._do(act)

    def _do(self, act: Callable[[], None]) -> None:
        self._acts.put(act)
        self._wake.set()

    def _forget(self, worker: str) -> None:
        priority, request = self._requests.pop(worker, (0, None))
        if request is not None:
            del self._workers[priority]
            self._master.removeContainerRequest(request)

    def _beat(self) -> None:
        """Tell YARN that the master lives, and hear what has happened."""
        failed_since: float | None = None
        calm_at = 0.0
        while not self._stopping.is_set():
            try:
                while not self._acts.empty():
                    self._acts.get()()
                    # What was asked for is answered at the next heartbeats.
                    calm_at = time.monotonic() + 2
                self._exchange()
                failed_since = None
            except Exception as error:
                if self._stopping.is_set():
                    return
                now = time.monotonic()
                message = self.admission.why_over(error)
                if message is not None:
                    self._tell(ApplicationLost(message))
                    return
                if failed_since is None:
                    failed_since = now
                    logger.warning("YARN did not answer: %s", java_message(error))
            busy = bool(self._requests) or time.monotonic() < calm_at
            self._wake.wait(BUSY_SECONDS if busy else CALM_SECONDS)
            self._wake.clear()

    def _exchange(self) -> None:
        response = self._master.allocate(0.0)
        for container in response.getAllocatedContainers():
            self._allocated(container)
        for status in response.getCompletedContainersStatuses():
            container = str(status.getContainerId().toString())
            self._containers.pop(container, None)
            self._tell(
                Completed(
                    container, int(status.getExitStatus()), str(status.getDiagnostics() or "")
                )
            )
        for report in response.getUpdatedNodes():
            if str(report.getNodeState()) == "DECOMMISSIONING":
                self._tell(NodeLeaving(str(report.getNodeId().toString())))

    def _allocated(self, given: Any) -> None:
        worker = self._workers.get(int(given.getPriority().getPriority()))
        if worker is None:
            # It was cancelled meanwhile, or given twice.
            self._master.releaseAssignedContainer(given.getId())
            return
        self._forget(worker)
        container = Container(
            id=str(given.getId().toString()),
            node=str(given.getNodeId().getHost()),
            node_id=str(given.getNodeId().toString()),
            web=str(given.getNodeHttpAddress()),
            memory=int(given.getResource().getMemorySize()),
        )
        self._containers[container.id] = given
        self._tell(Allocated(worker, container))
        self._starters.submit(self._start, worker, container, given)

    def _start(self, worker: str, container: Container, given: Any) -> None:
        try:
            assert self._launch is not None and self._handout is not None
            self._nodes.startContainer(given, self._handout.context(*self._launch(worker)))
        except Exception as error:
            if not self._stopping.is_set():
                self._tell(StartFailed(worker, container, java_message(error)))
                self.release(container.id)

    def finish(self, status: str, diagnostics: str) -> None:
        """End the application and all of its containers.

        Parameters
        ----------
        status
            ``SUCCEEDED``, ``FAILED`` or ``KILLED``.
        diagnostics
            What YARN's page says about the end.
        """
        self._stopping.set()
        self._wake.set()
        if self._master is None:
            if self.admission.id:
                self.admission.kill()
            return
        if self._thread is not None:
            self._thread.join(2)
        final = getattr(self._yarn.api.records.FinalApplicationStatus, status)
        try:
            self._master.unregisterApplicationMaster(final, diagnostics, "")
        except Exception as error:
            if not self._closed:
                logger.warning("YARN was not told of the end: %s", java_message(error))

    def close(self) -> None:
        """Stop what runs here, however it stands with YARN."""
        self._closed = True
        self._stopping.set()
        self._wake.set()
        self._jvm.close()
        if self._thread is not None:
            self._thread.join(2)
        self._starters.shutdown(wait=False, cancel_futures=True)


class Stay:
    """A cluster's stay on YARN: Java, the application, and the end of both.

    Parameters
    ----------
    classpath
        As ``Jvm`` has it.
    submission
        What is submitted.
    tell
        Called with each event, from a thread of its own.
    """

    def __init__(
        self, classpath: str | None, submission: Submission, tell: Callable[[Event], None]
    ) -> None:
        self._classpath = classpath
        self._submission = submission
        self._tell = tell
        self._jvm: Jvm | None = None
        #: None before it has begun, and after it has ended.
        self.application: Application | None = None
        #: YARN's id of the application; empty until it has one.
        self.id = ""
        #: Of each worker, once YARN has said how much room there is.
        self.size: WorkerSize | None = None
        #: More variables of workers that are started from now on.
        self.variables: Mapping[str, str] = {}

    def enter(self, memory: int, overhead: int | None, vcores: int) -> None:
        """Submit the application, and wait until the queue has let it in; blocks.

        Parameters
        ----------
        memory, overhead, vcores
            Of each worker, as ``worker_size`` has them.

        Raises
        ------
        YarnError
            When Java or Hadoop is missing, YARN refuses, or no node could run such a worker.
        """
        self._jvm = Jvm(self._classpath)
        self.application = Application(self._jvm, self._submission, self._tell)
        admission = self.application.admission
        self.size = worker_size(memory, overhead, vcores, admission.connect())
        admission.submit()
        self.id = admission.id

    def lead(self, address: str, url: str, launch: Launch) -> None:
        """Become the application's master; blocks.

        Parameters
        ----------
        address
            The scheduler's.
        url
            The dashboard's; may be empty.
        launch
            What workers are started with.

        Raises
        ------
        YarnError
            When YARN refuses.
        """
        assert self.application is not None and self.size is not None
        host, _colon, port = address.partition("://")[2].rpartition(":")
        self.application.register(host, int(port), url)
        command = launch.command()
        self.application.begin(
            self.size.container,
            self.size.vcores,
            launch.environment,
            lambda worker: (command, launch.secret(address, worker, self.variables)),
        )

    async def end(self, status: str, diagnostics: str) -> None:
        """End the application, as far as there is one, and Java."""
        application, jvm = self.application, self._jvm
        self.application, self._jvm = None, None
        own = asyncio.get_running_loop()
        if application is not None:
            finish = own.run_in_executor(None, application.finish, status, diagnostics)
            # A ResourceManager that is away is not waited for.
            _told, untold = await asyncio.wait([finish], timeout=FINISH_SECONDS)
            if untold:
                logger.warning(
                    "YARN was not told of the end within %s s: it will find out by itself. "
                    "Workers end without it.",
                    FINISH_SECONDS,
                )
            await own.run_in_executor(None, application.close)
        elif jvm is not None:
            await own.run_in_executor(None, jvm.close)
