"""A Java process beside this one that holds Hadoop's own client classes."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from dask_runner.yarn.errors import HadoopNotFoundError, YarnError, explain_java, java_causes

OPTIONS = [
    "-Xmx192m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dhadoop.root.logger=WARN,console",
    # Java 17: Hadoop looks into java.lang, and py4j before 0.10.9.6 into java.util.
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
]
END_SECONDS = 3


class Jvm:
    """Starts Java, and ends it; whatever happens to this process, it ends with it.

    Nobody else on the machine can use it: py4j asks for a token.

    Parameters
    ----------
    classpath
        Hadoop's configuration folder and jars; None asks ``hadoop classpath``.

    Raises
    ------
    YarnError
        When py4j, Java or Hadoop is missing, or Java and Hadoop do not fit.
    """

    def __init__(self, classpath: str | None = None) -> None:
        try:
            from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        except ImportError as error:
            raise YarnError(
                "A cluster on YARN needs py4j, which is not installed. "
                'Install it with: pip install "dask-runner[yarn]"'
            ) from error
        classpath = classpath or find_classpath()
        with tempfile.TemporaryFile("w+") as errors:
            try:
                port, token, self._process = launch_gateway(
                    jarpath=_py4j_jar(),
                    classpath=classpath,
                    javaopts=OPTIONS,
                    java_path=_find_java(),
                    die_on_exit=True,
                    enable_auth=True,
                    return_proc=True,
                    redirect_stderr=errors,
                    # Ctrl-C is for us: it is needed to end the application.
                    create_new_process_group=True,
                )
            except ValueError:
                errors.seek(0)
                said = errors.read().strip()[-2000:]
                if "Unrecognized option: --add-opens" in said:
                    raise YarnError(explain_java(said, "8", None)) from None
                raise YarnError(
                    f"Java did not start: {said or 'it said nothing'}. "
                    "Check JAVA_HOME, and the class path that `hadoop classpath` prints."
                ) from None
        self._port = port
        self._gateway = JavaGateway(
            gateway_parameters=GatewayParameters(port=port, auth_token=token, auto_convert=True)
        )
        #: The root of all packages, as py4j has it.
        self.root: Any = self._gateway.jvm
        try:
            self._check(classpath)
        except BaseException:
            self.close()
            raise

    def _check(self, classpath: str) -> None:
        """Try what every application needs first, while Java can still say what is wrong."""
        try:
            self.root.java.lang.Class.forName("org.apache.hadoop.yarn.conf.YarnConfiguration")
            self.root.org.apache.hadoop.security.UserGroupInformation.getCurrentUser()
        except Exception as error:
            java = str(self.root.java.lang.System.getProperty("java.version"))
            text = explain_java(java_causes(error), java, hadoop_version(classpath))
            # Without its cause: Java has gone when that is printed.
            raise YarnError(text) from None

    def array(self, cls: Any, items: list[Any]) -> Any:
        """Return a Java array of these."""
        array = self._gateway.new_array(cls, len(items))
        for index, item in enumerate(items):
            array[index] = item
        return array

    def record(self, name: str) -> Any:
        """Return a new record of YARN, such as ``ContainerLaunchContext``."""
        cls = self.root.java.lang.Class.forName(f"org.apache.hadoop.yarn.api.records.{name}")
        return self.root.org.apache.hadoop.yarn.util.Records.newRecord(cls)

    def close(self) -> None:
        """End Java, also when it is in the middle of something."""
        # What is cut short here is no error of anybody's; py4j would print a stack for each.
        own = f":{self._port})"
        logging.getLogger("py4j.java_gateway").addFilter(lambda said: own not in said.getMessage())
        with contextlib.suppress(Exception):
            self._gateway.shutdown()
        with contextlib.suppress(Exception):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(END_SECONDS)


def find_classpath() -> str:
    """Ask the Hadoop of this machine where its jars are.

    Raises
    ------
    HadoopNotFoundError
        When there is none.
    """
    homes = [os.environ.get(name) for name in ("HADOOP_HOME", "HADOOP_YARN_HOME")]
    folders = [str(Path(home) / "bin") for home in homes if home]
    for name in ("hadoop", "yarn"):
        command = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
        if command is not None:
            answer = subprocess.run([command, "classpath"], capture_output=True, text=True)
            if answer.returncode == 0 and answer.stdout.strip():
                return answer.stdout.strip()
    raise HadoopNotFoundError(
        "Hadoop was not found: there is no `hadoop` on PATH or in HADOOP_HOME. Run on a node of "
        "the cluster, or set DASK_YARN__CLASSPATH to Hadoop's configuration folder and jars."
    )


def hadoop_version(classpath: str) -> str | None:
    """Return Hadoop's version by the names of its jars; None where there are none."""
    for entry in classpath.split(os.pathsep):
        folder, _slash, name = entry.rpartition("/")
        jars = [path.name for path in Path(folder).glob("*.jar")] if name == "*" else [name]
        for jar in jars:
            match = re.fullmatch(r"hadoop-(?:common|yarn-api)-(\d+(?:\.\d+)+)\S*\.jar", jar)
            if match is not None:
                return match[1]
    return None


def _find_java() -> str:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if found is None:
        raise YarnError(
            "Java was not found: set JAVA_HOME to the folder of a Java that Hadoop runs on, "
            "or put java on PATH."
        )
    return found


def _py4j_jar() -> str:
    """Return py4j's jar, also where its own search does not look: a folder of ``pip --target``."""
    import py4j
    from py4j.java_gateway import find_jar_path

    found = str(find_jar_path())
    if found and Path(found).exists():
        return found
    for folder in Path(py4j.__file__).parents:
        jars = sorted(folder.glob("share/py4j/py4j*.jar"))
        if jars:
            return str(jars[-1])
    raise YarnError(
        'py4j is installed without its jar. Install it again with: pip install "dask-runner[yarn]"'
    )
