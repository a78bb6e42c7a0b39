"""What needs no YARN: sizes, kinds of ends, environments."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import PACKAGE

from dask_runner.yarn.container_start import Reader
from dask_runner.yarn.ends import Circumstances, EndKind, FailureLimit, classify
from dask_runner.yarn.errors import YarnError, explain_java, java_causes, java_message
from dask_runner.yarn.jvm import hadoop_version
from dask_runner.yarn.launch import Environment, Launch, parse_environment
from dask_runner.yarn.resources import MIB, Room, worker_size

GIB = 2**30
ROOM = Room(allocation=8192, allocation_vcores=4, node=12288, step=1024)


@pytest.mark.parametrize(
    ("limit", "overhead", "container"),
    [
        (2 * GIB, None, 3072),  # 2048 + 384, in steps of 1024
        (4 * GIB, None, 5120),  # a tenth is more than 384 MiB
        (640 * MIB, None, 1024),
        (640 * MIB, 385 * MIB, 2048),
        (1024 * MIB, 0, 1024),
    ],
)
def test_containers_hold_the_limit_and_the_overhead(
    limit: int, overhead: int | None, container: int
) -> None:
    size = worker_size(limit, overhead, 1, ROOM)
    assert (size.container, size.memory_limit) == (container, limit)


@pytest.mark.parametrize(
    ("limit", "vcores", "room", "words"),
    [
        (9 * GIB, 1, ROOM, ["9216 MiB", "8192 MiB", "worker_memory"]),
        (2 * GIB, 1, Room(8192, 4, 2048, 1024), ["largest node has 2048 MiB"]),
        (1 * GIB, 5, ROOM, ["5 cores", "at most 4", "worker_vcores"]),
    ],
)
def test_what_no_node_could_run_is_refused(
    limit: int, vcores: int, room: Room, words: list[str]
) -> None:
    with pytest.raises(YarnError) as refused:
        worker_size(limit, None, vcores, room)
    assert all(word in str(refused.value) for word in words)


def test_the_memory_that_is_advised_fits() -> None:
    with pytest.raises(YarnError, match="about 7168 MiB"):
        worker_size(8 * GIB, 1024 * MIB, 1, ROOM)
    assert worker_size(7168 * MIB, 1024 * MIB, 1, ROOM).container == 8192


PMEM = (
    "[2026-11-24 10:00:00.000]Container [pid=1,containerID=container_1] is running 100B beyond the "
    "'PHYSICAL' memory limit. Current usage: 1.1 GB of 768 MB physical memory used; 3 GB of 1.6 GB "
    "virtual memory used. Killing container."
)


@pytest.mark.parametrize(
    ("status", "said", "known", "kind", "words"),
    [
        (-104, PMEM, {}, EndKind.MEMORY, "1.1 GB, more memory than the 768 MiB"),
        (-103, "", {}, EndKind.MEMORY, "more virtual memory than the 768 MiB"),
        (-102, "", {}, EndKind.PREEMPTED, "another queue"),
        (-101, "", {}, EndKind.DISKS_FAILED, "disks"),
        (-100, "Container released on a *lost* node", {}, EndKind.NODE_LOST, "node is gone"),
        (-100, "Container released on a *lost* node", {"retired": True}, EndKind.RETIRED, ""),
        (-100, "Container released by application", {"released": True}, EndKind.RELEASED, ""),
        (0, "", {"retired": True, "why": "so it is"}, EndKind.RETIRED, "retired: so it is"),
        (0, "", {}, EndKind.FINISHED, "by itself"),
        (137, "", {}, EndKind.KILLED, "SIGKILL"),
        (143, "", {"released": True}, EndKind.RELEASED, ""),
        (1, "", {}, EndKind.FAILED, "exit code 1"),
        (127, "", {"joined": False}, EndKind.LAUNCH_FAILED, "exit code 127"),
        (-104, PMEM, {"joined": False}, EndKind.MEMORY, "768 MiB"),
    ],
)
def test_ends_are_told_apart(
    status: int, said: str, known: dict[str, object], kind: EndKind, words: str
) -> None:
    usual = {"joined": True, "retired": False, "released": False, "memory": 768}
    found, reason = classify(status, said, Circumstances(**{**usual, **known}))  # type: ignore[arg-type]
    assert (found, words in reason) == (kind, True), reason


def test_only_failures_of_one_kind_in_a_row_stop_it() -> None:
    limit = FailureLimit(3)
    alike = [EndKind.KILLED, EndKind.KILLED]
    assert not any(limit.fail(kind) for kind in [*alike, EndKind.MEMORY, *alike])
    limit.succeed()
    # Machines that go say nothing about the worker.
    assert not any(
        limit.fail(kind) for kind in [*alike, *[EndKind.PREEMPTED, EndKind.NODE_LOST] * 5]
    )
    assert limit.fail(EndKind.KILLED)


def test_environments_are_named_as_in_dask_yarn(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    packed = "environment/bin/python"
    for text, expected in {
        None: Environment("/own/python"),
        "python:///a/python3": Environment("/a/python3"),
        "venv:///a/env": Environment("/a/env/bin/python"),
        "conda:///a/env/": Environment("/a/env/bin/python"),
        "hdfs:///envs/e.tar.gz": Environment(packed, "hdfs:///envs/e.tar.gz"),
        "/envs/e.zip": Environment(packed, "/envs/e.zip"),
        str(tmp_path): Environment(f"{tmp_path}/bin/python"),
        "/a/python3": Environment("/a/python3"),
    }.items():
        assert parse_environment(text, "/own/python") == expected
    for wrong in ("venv://relative", "ftp://host/python"):
        with pytest.raises(YarnError, match=wrong):
            parse_environment(wrong, "/own/python")


def test_it_launches_also_from_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for file in PACKAGE.rglob("*.py"):
            written.write(file, file.relative_to(PACKAGE.parent))
    code = (
        "from dask_runner.yarn.launch import Environment, Launch;"
        "print(len(Launch(Environment('/p'), 1, 1, 30, {}, {}, {}).command()))"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert asked.stderr == "" and int(asked.stdout) > 1000


def test_a_launch_command_survives_yarns_double_quotes() -> None:
    launch = Launch(
        Environment("/p"), 1, 1, 30, {"A": "secret-1"}, {"lifetime": "1h"}, {"key": "secret-2"}
    )
    command = launch.command()
    assert not set(command) & set('"$`\\')
    assert "secret" not in command
    assert b"--lifetime" in launch.secret("tls://a:1", "w", {})


def test_credentials_are_read_past_tokens_and_long_values() -> None:
    def block(data: bytes) -> bytes:
        if len(data) < 128:
            return bytes([len(data)]) + data
        size = len(data).to_bytes(2, "big")
        return bytes([256 - 114]) + size + data

    token = b"".join(
        block(part) for part in (b"alias", b"i" * 300, b"password", b"kind", b"service")
    )
    secrets = block(b"one") + block(b"x" * 4000) + block(b"two") + block(b"y")
    read = Reader(b"HDTS\0" + b"\1" + token + b"\2" + secrets).secrets()
    assert read == {"one": b"x" * 4000, "two": b"y"}
    with pytest.raises(ValueError, match="not credentials"):
        Reader(b"HDTS\1")


@pytest.mark.parametrize(
    ("said", "java", "hadoop", "words"),
    [
        (
            "java.lang.UnsupportedOperationException: getSubject is not supported",
            "25.0.1",
            "3.3.6",
            "Hadoop 3.3.6 does not run on Java 25.0.1: it is too old for it. Set JAVA_HOME",
        ),
        (
            "java.lang.UnsupportedClassVersionError: org/apache/hadoop/yarn/conf/YarnConfiguration "
            "has been compiled by a more recent version of the Java Runtime (class file version "
            "61.0)",
            "11.0.27",
            "3.5.0",
            "Hadoop 3.5.0 does not run on Java 11.0.27: it needs a newer one. Set JAVA_HOME",
        ),
        (
            "org.apache.hadoop.yarn.conf.YarnConfiguration does not exist in the JVM",
            "17.0.15",
            None,
            "does not find Hadoop's classes for YARN: org.apache.hadoop.yarn.conf",
        ),
        ("Unrecognized option: --add-opens=…", "8", None, "Java 8 and older cannot be used"),
        ("java.io.IOException: no login", "17", None, "This Hadoop does not work on Java 17: java"),
        ("", "17", None, "no reason"),
    ],
)
def test_java_and_hadoop_that_do_not_fit(
    said: str, java: str, hadoop: str | None, words: str
) -> None:
    assert words in explain_java(said, java, hadoop)


def test_causes_of_a_java_exception() -> None:
    class Thrown:
        def __init__(self, text: str, cause: Thrown | None = None) -> None:
            self.toString, self.getCause = (lambda: text), (lambda: cause)

    error = RuntimeError("<exception str() failed>")
    error.java_exception = Thrown("java.io.IOException: outer", Thrown("inner"))  # type: ignore[attr-defined]
    assert java_causes(error) == "java.io.IOException: outer\ninner"
    assert java_message(error) == "outer"
    assert java_causes(RuntimeError("plain")) == "plain"


def test_version_of_hadoop(tmp_path: Path) -> None:
    (tmp_path / "hadoop-common-3.4.1-tests.jar").touch()
    assert hadoop_version(f"/etc/hadoop:{tmp_path}/*") == "3.4.1"
    assert hadoop_version("/x/hadoop-yarn-api-3.5.0.jar:/y") == "3.5.0"
    assert hadoop_version("/x/hadoop-aws-3.5.0.jar:/nowhere/*") is None
