"""What YARN tells of an application's containers."""

from __future__ import annotations

from dataclasses import dataclass


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
