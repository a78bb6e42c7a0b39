"""An application's way into a queue of YARN's, and what YARN says of it afterwards."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from dask_runner.yarn.errors import YarnError, java_message
from dask_runner.yarn.jvm import Jvm
from dask_runner.yarn.resources import Room

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    """What an application is submitted with."""

    name: str
    queue: str
    tags: tuple[str, ...] = ()
    #: Seconds to wait until the queue has let it in.
    timeout: float = 120


class Admission:
    """One application, from the question whether there is room to its being let in.

    Hadoop's classes block: all of it belongs into a thread.

    Parameters
    ----------
    jvm
        Where Hadoop's classes are.
    conf
        Hadoop's configuration.
    submission
        What is submitted.
    stopping
        Set when nobody waits for it any more.
    """

    def __init__(
        self, jvm: Jvm, conf: Any, submission: Submission, stopping: threading.Event
    ) -> None:
        self._jvm = jvm
        self._conf = conf
        self._submission = submission
        self._stopping = stopping
        self._yarn = jvm.root.org.apache.hadoop.yarn
        self._client = self._yarn.client.api.YarnClient.createYarnClient()
        self._application: Any = None
        #: ``application_…``; empty until submitted.
        self.id = ""

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

    def kill(self) -> None:
        """Have YARN end an application that was not registered."""
        try:
            context = self._application.getApplicationSubmissionContext()
            self._client.killApplication(context.getApplicationId())
        except Exception as error:
            logger.debug("The application was not killed: %s", java_message(error))

    def why_over(self, error: Exception) -> str | None:
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
