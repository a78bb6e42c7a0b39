"""One YARN application whose master is this process, and not a container."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from dask_runner.yarn.errors import YarnError, java_message
from dask_runner.yarn.jvm import Jvm
from dask_runner.yarn.launch import LINK, Environment
from dask_runner.yarn.resources import Room

logger = logging.getLogger(__name__)

#: Between two heartbeats, in seconds: while containers are asked for or given back, and else.
BUSY_SECONDS, CALM_SECONDS = 0.2, 1.0
#: For the end of the application to be told, in seconds: the ResourceManager may be away.
FINISH_SECONDS = 15
#: How often a ResourceManager that is away is tried again.
RETRY_MILLISECONDS = 1000


@dataclass(frozen=True)
class Container:
    """What YARN has given."""

    id: str
    node: str  #: host name
    node_id: str  #: ``host:port``
    web: str  #: ``host:port`` of the NodeManager's web server
    memory: int  #: MiB


@dataclass(frozen=True)
class Allocated:
    """A worker has a container, and is being started."""

    worker: str
    container: Container


@dataclass(frozen=True)
class StartFailed:
    """A container could not be started."""

    worker: str
    container: Container
    message: str


@dataclass(frozen=True)
class Completed:
    """A container has ended."""

    container: str
    status: int  #: as ``ContainerStatus.getExitStatus``
    diagnostics: str


@dataclass(frozen=True)
class NodeLeaving:
    """A node takes no more work and will go."""

    node_id: str


@dataclass(frozen=True)
class ApplicationLost:
    """YARN has ended the application."""

    message: str


Event = Allocated | StartFailed | Completed | NodeLeaving | ApplicationLost


@dataclass(frozen=True)
class Submission:
    """What an application is submitted with."""

    name: str
    queue: str
    tags: tuple[str, ...] = ()
    #: Seconds to wait until the queue has let it in.
    timeout: float = 120


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
        self._submission = submission
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
        self._resources: dict[str, Any] = {}
        self._application: Any = None
        self._master: Any = None
        #: ``application_…``; empty until submitted.
        self.id = ""
        self._conf = self._yarn.conf.YarnConfiguration()
        # By default half a minute passes before the first second try.
        self._conf.set("yarn.resourcemanager.connect.retry-interval.ms", str(RETRY_MILLISECONDS))
        self._client = self._yarn.client.api.YarnClient.createYarnClient()

    def connect(self) -> Room:
        """Find the ResourceManager, check the queue, and see how much room there is.

        Raises
        ------
        YarnError
            When there is no such queue, or it takes nothing.
        """
        self._client.init(self._conf)
        self._client.start()
        try:
            self._check_queue()
            self._application = self._client.createApplication()
            answer = self._application.getNewApplicationResponse()
            most = answer.getMaximumResourceCapability()
            return Room(
                allocation=int(most.getMemorySize()),
                allocation_vcores=int(most.getVirtualCores()),
                node=self._largest_node(),
                step=int(self._conf.getInt("yarn.scheduler.minimum-allocation-mb", 1024)),
            )
        except YarnError:
            raise
        except Exception as error:
            raise YarnError(
                f"YARN's ResourceManager did not answer as it should: {java_message(error)}. "
                "Check that it runs, and that yarn-site.xml names it."
            ) from error

    def _check_queue(self) -> None:
        name = self._submission.queue
        queues = {str(info.getQueueName()): info for info in self._client.getAllQueues()}
        found = queues.get(name) or queues.get(name.rpartition(".")[2])
        if name == "root":
            children = ", ".join(sorted(queues))
            raise YarnError(f'The queue "root" only holds others. Choose one of them: {children}.')
        if found is None:
            raise YarnError(
                f'There is no queue "{name}". Choose one of: {", ".join(sorted(queues))}.'
            )
        if len(found.getChildQueues()) > 0:
            children = ", ".join(str(child.getQueueName()) for child in found.getChildQueues())
            raise YarnError(
                f'The queue "{name}" only holds others. Choose one of them: {children}.'
            )
        state = str(found.getQueueState())
        if state != "RUNNING":
            raise YarnError(
                f'The queue "{name}" takes no applications: it is {state.lower()}. '
                "Choose another, or have it started."
            )

    def _largest_node(self) -> int | None:
        state = self._yarn.api.records.NodeState
        reports = self._client.getNodeReports(self._jvm.array(state, [state.RUNNING]))
        sizes = [int(report.getCapability().getMemorySize()) for report in reports]
        return max(sizes, default=None)

    def submit(self) -> None:
        """Submit the application, and wait until the queue has let it in.

        Raises
        ------
        YarnError
            When YARN refuses, or the queue has no room for one more.
        """
        context = self._application.getApplicationSubmissionContext()
        context.setApplicationName(self._submission.name)
        context.setQueue(self._submission.queue)
        context.setApplicationType("DASK")
        context.setUnmanagedAM(True)
        context.setMaxAppAttempts(1)
        context.setAMContainerSpec(self._jvm.record("ContainerLaunchContext"))
        # It has no container, but the scheduler wants a size.
        context.setResource(self._yarn.api.records.Resource.newInstance(1, 1))
        if self._submission.tags:
            context.setApplicationTags(set(self._submission.tags))
        application = context.getApplicationId()
        self.id = str(application.toString())
        try:
            self._client.submitApplication(context)
            token = self._await_token(application)
        except YarnError:
            self.kill()
            raise
        except Exception as error:
            self.kill()
            raise YarnError(
                f'YARN refused the application in the queue "{self._submission.queue}": '
                f"{java_message(error)}."
            ) from error
        utils = self._yarn.util.ConverterUtils
        user = self._jvm.root.org.apache.hadoop.security.UserGroupInformation.getCurrentUser()
        user.addToken(utils.convertFromYarn(token, None))

    def _await_token(self, application: Any) -> Any:
        deadline = time.monotonic() + self._submission.timeout
        while True:
            report = self._client.getApplicationReport(application)
            state = str(report.getYarnApplicationState())
            if state in ("FAILED", "KILLED", "FINISHED"):
                raise YarnError(
                    f'YARN refused the application in the queue "{self._submission.queue}": '
                    f"{report.getDiagnostics()}"
                )
            token = report.getAMRMToken()
            if state == "ACCEPTED" and token is not None:
                return token
            if time.monotonic() > deadline or self._stopping.is_set():
                raise YarnError(
                    f'The queue "{self._submission.queue}" did not let the application in within '
                    f"{self._submission.timeout:g} s: {report.getDiagnostics() or state}. "
                    "It may run as many as it is allowed to. Choose another queue, or try again "
                    "later."
                )
            time.sleep(0.05)

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
            self.kill()
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
        """
        self._resource = self._yarn.api.records.Resource.newInstance(memory, vcores)
        self._launch = launch
        if environment.archive is not None:
            self._resources = {LINK: self._archive(environment.archive)}
        self._thread = threading.Thread(target=self._beat, name="yarn-heartbeat", daemon=True)
        self._thread.start()

    def _archive(self, path: str) -> Any:
        """Return an archive as a resource; one of this machine is copied to where nodes see it."""
        fs = self._jvm.root.org.apache.hadoop.fs
        records = self._yarn.api.records
        try:
            source = fs.Path(path)
            default = fs.FileSystem.get(self._conf)
            if "://" not in path and str(default.getScheme()) != "file":
                name = path.rpartition("/")[2]
                target = fs.Path(default.getHomeDirectory(), f".dask-runner/{self.id}/{name}")
                default.copyFromLocalFile(source, target)
                default.deleteOnExit(target.getParent())
                source = target
            elif "://" not in path:
                source = fs.Path(f"file://{path}")
            status = source.getFileSystem(self._conf).getFileStatus(source)
            return records.LocalResource.newInstance(
                records.URL.fromPath(status.getPath()),
                records.LocalResourceType.ARCHIVE,
                records.LocalResourceVisibility.APPLICATION,
                status.getLen(),
                status.getModificationTime(),
            )
        except Exception as error:
            raise YarnError(
                f"The environment {path} cannot be given to workers: {java_message(error)}."
            ) from error

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
                message = self._why_over(error)
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
            assert self._launch is not None
            command, secret = self._launch(worker)
            context = self._jvm.record("ContainerLaunchContext")
            context.setCommands([command])
            context.setTokens(self._credentials(secret))
            context.setLocalResources(self._resources)
            self._nodes.startContainer(given, context)
        except Exception as error:
            if not self._stopping.is_set():
                self._tell(StartFailed(worker, container, java_message(error)))
                self.release(container.id)

    def _credentials(self, secret: bytes) -> Any:
        from dask_runner.yarn.container_start import SECRET

        root = self._jvm.root
        credentials = root.org.apache.hadoop.security.Credentials()
        credentials.addSecretKey(root.org.apache.hadoop.io.Text(SECRET), bytearray(secret))
        buffer = root.org.apache.hadoop.io.DataOutputBuffer()
        credentials.writeTokenStorageToStream(buffer)
        return root.java.nio.ByteBuffer.wrap(buffer.getData(), 0, buffer.getLength())

    def _why_over(self, error: Exception) -> str | None:
        """Return why the application is over; None while it may go on."""
        try:
            report = self._report()
            state = str(report.getYarnApplicationState())
        except Exception as second:
            if "ApplicationNotFound" in str(second):
                return "YARN no longer knows the application: its ResourceManager was started anew."
            return None
        if state in ("FINISHED", "FAILED", "KILLED"):
            said = str(report.getDiagnostics() or "").strip()
            return (
                f"YARN has ended the application ({state.lower()}): {said or java_message(error)}"
            )
        return None

    def _report(self) -> Any:
        context = self._application.getApplicationSubmissionContext()
        return self._client.getApplicationReport(context.getApplicationId())

    def kill(self) -> None:
        """Have YARN end an application that was not registered."""
        try:
            context = self._application.getApplicationSubmissionContext()
            self._client.killApplication(context.getApplicationId())
        except Exception as error:
            logger.debug("The application was not killed: %s", java_message(error))

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
            if self.id:
                self.kill()
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
