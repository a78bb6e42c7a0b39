"""What a container is started with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from dask_runner.yarn.errors import YarnError, java_message
from dask_runner.yarn.jvm import Jvm

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
LINK = "environment"


@dataclass(frozen=True)
class Environment:
    """Where a container finds its Python."""

    python: str  #: path on the node, or below the container's folder
    archive: str | None = None  #: URL or path of what YARN unpacks there as ``environment``


def parse_environment(text: str | None, own: str) -> Environment:
    """Read what dask-yarn calls an environment.

    Parameters
    ----------
    text
        ``python:///path/to/python``, ``venv:///path``, ``conda:///path``, the path or URL of a
        packed environment, the path of an environment's folder or of a Python; None is ``own``.
    own
        Path of the Python to use then: it must be at the same place on all nodes.

    Raises
    ------
    YarnError
        When it is none of these.
    """
    if text is None:
        return Environment(own)
    scheme, separator, rest = text.partition("://")
    if separator and scheme in ("python", "venv", "conda"):
        if not rest.startswith("/"):
            raise YarnError(f'The environment "{text}" needs an absolute path: {scheme}:///path.')
        return Environment(rest if scheme == "python" else f"{rest.rstrip('/')}/bin/python")
    if text.endswith(ARCHIVES):
        return Environment(f"{LINK}/bin/python", text if separator else str(Path(text).absolute()))
    if separator:
        raise YarnError(
            f'The environment "{text}" is of no kind that is known: name a packed environment '
            f"({', '.join(ARCHIVES)}), or python://, venv:// or conda:// with a path."
        )
    path = Path(text).absolute()
    return Environment(str(path / "bin" / "python" if path.is_dir() else path))


@dataclass(frozen=True)
class Launch:
    """All that the workers of a cluster are started with, but for their names."""

    environment: Environment
    memory_limit: int  #: bytes
    threads: int
    death_timeout: float  #: seconds without a scheduler after which a worker ends
    variables: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)  #: more of ``dask worker``'s
    tls: Mapping[str, str] = field(default_factory=dict)  #: ``ca-file``, ``cert``, ``key``: PEM

    def command(self) -> str:
        """Return the shell command. It tells nothing: launch scripts end up in logs.

        YARN puts it between double quotes.
        """
        # Not by a path: the package may be imported from an archive.
        text = resources.files(__package__).joinpath("container_start.py").read_bytes()
        code = base64.b64encode(text).decode()
        start = "import sys,base64;exec(base64.b64decode(sys.argv[1]))"
        # Relative to the container's folder, unless the path is absolute.
        python = self.environment.python
        return f"'{python}' -c '{start}' {code} 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr"

    def secret(self, scheduler: str, name: str, variables: Mapping[str, str]) -> bytes:
        """Return what ``container_start`` reads.

        Parameters
        ----------
        scheduler
            Its address.
        name
            The worker's.
        variables
            More of them.
        """
        arguments = [scheduler, "--name", name, "--nthreads", str(self.threads)]
        arguments += ["--memory-limit", str(self.memory_limit), "--no-dashboard"]
        arguments += ["--death-timeout", str(self.death_timeout)]
        for key, value in self.options.items():
            arguments += _option(key, value)
        return json.dumps(
            {
                "environment": {**self.variables, **variables},
                "arguments": arguments,
                "tls": dict(self.tls),
            }
        ).encode()


def _option(key: str, value: Any) -> list[str]:
    flag = key.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    values = value if isinstance(value, list | tuple) else [value]
    return [part for each in values for part in (f"--{flag}", str(each))]


def tls_of(security: Any) -> dict[str, str]:
    """Return the PEM texts that a worker needs; none where connections are open.

    Raises
    ------
    YarnError
        When a file of the certificate cannot be read.
    """
    if not security.require_encryption:
        return {}
    parts = {
        "ca-file": security.tls_ca_file,
        "cert": security.tls_worker_cert,
        "key": security.tls_worker_key,
    }
    try:
        return {name: _pem(value) for name, value in parts.items() if value is not None}
    except OSError as error:
        raise YarnError(f"The certificate for workers cannot be read: {error}.") from error


def _pem(value: str) -> str:
    """Return the text of a file; Dask allows the text itself, too."""
    return value if "\n" in value else Path(value).expanduser().read_text("ascii")


class Handout:
    """Puts what a container is started with in Hadoop's terms.

    Parameters
    ----------
    jvm
        Where Hadoop's classes are.
    conf
        Hadoop's configuration.
    application
        The application's id.
    environment
        Whose archive each container gets.

    Raises
    ------
    YarnError
        When that archive cannot be had.
    """

    def __init__(self, jvm: Jvm, conf: Any, application: str, environment: Environment) -> None:
        self._jvm = jvm
        self._conf = conf
        self._application = application
        self._resources: dict[str, Any] = {}
        if environment.archive is not None:
            self._resources = {LINK: self._archive(environment.archive)}

    def context(self, command: str, secret: bytes) -> Any:
        """Return what a NodeManager starts one container with.

        Parameters
        ----------
        command
            The shell command.
        secret
            What goes with the container's credentials.
        """
        context = self._jvm.record("ContainerLaunchContext")
        context.setCommands([command])
        context.setTokens(self._credentials(secret))
        context.setLocalResources(self._resources)
        return context

    def _archive(self, path: str) -> Any:
        """Return an archive as a resource; one of this machine is copied to where nodes see it."""
        fs = self._jvm.root.org.apache.hadoop.fs
        records = self._jvm.root.org.apache.hadoop.yarn.api.records
        try:
            source = fs.Path(path)
            default = fs.FileSystem.get(self._conf)
            if "://" not in path and str(default.getScheme()) != "file":
                name = path.rpartition("/")[2]
                target = fs.Path(
                    default.getHomeDirectory(), f".dask-runner/{self._application}/{name}"
                )
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

    def _credentials(self, secret: bytes) -> Any:
        from dask_runner.yarn.container_start import SECRET

        root = self._jvm.root
        credentials = root.org.apache.hadoop.security.Credentials()
        credentials.addSecretKey(root.org.apache.hadoop.io.Text(SECRET), bytearray(secret))
        buffer = root.org.apache.hadoop.io.DataOutputBuffer()
        credentials.writeTokenStorageToStream(buffer)
        return root.java.nio.ByteBuffer.wrap(buffer.getData(), 0, buffer.getLength())
