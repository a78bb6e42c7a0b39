"""Google's own client against the emulator, which is a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import dataproc_v1

ROOT = Path(__file__).resolve().parents[3]
PROJECT, REGION = "project-1", "us-central1"
#: Seconds; ends a test that hangs. A daemon of Hadoop takes 2 s to start, and has taken 45 s
#: where many tests shared two processors.
PATIENCE = 300


class Emulator:
    """The emulator's address, and clients of it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid
        how: dict[str, Any] = {
            "credentials": AnonymousCredentials(),
            "transport": "rest",
            "client_options": {"api_endpoint": url},
        }
        self.clusters = dataproc_v1.ClusterControllerClient(**how)
        self.jobs = dataproc_v1.JobControllerClient(**how)
        self.policies = dataproc_v1.AutoscalingPolicyServiceClient(**how)
        self.workflows = dataproc_v1.WorkflowTemplateServiceClient(**how)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the parts that have no client here."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request) as response:
            content = response.read()
        return json.loads(content) if content.startswith(b"{") else content

    def upload(self, name: str, content: str) -> str:
        path = f"/upload/storage/v1/b/code/o?uploadType=media&name={name}"
        self.request("POST", path, content.encode())
        return f"gs://code/{name}"

    def output(self, job: dataproc_v1.Job) -> str:
        """Return what a job's driver wrote."""
        bucket, _, prefix = job.driver_output_resource_uri.removeprefix("gs://").partition("/")
        items = self.request("GET", f"/storage/v1/b/{bucket}/o?prefix={prefix}")["items"]
        names = [urllib.parse.quote(item["name"], safe="") for item in items if item["size"] != "0"]
        paths = [f"/storage/v1/b/{bucket}/o/{name}?alt=media" for name in names]
        return b"".join(self.request("GET", path) for path in paths).decode()

    def cluster(self, name: str, **more: Any) -> dataproc_v1.Cluster:
        cluster = {"project_id": PROJECT, "cluster_name": name, **more}
        operation = self.clusters.create_cluster(project_id=PROJECT, region=REGION, cluster=cluster)
        return operation.result(timeout=PATIENCE)


@contextlib.contextmanager
def started(*options: str) -> Iterator[Emulator]:
    """Start an emulator, with a bucket for code."""
    command = ["node", str(ROOT / "scripts" / "emulator.mjs"), "--anonymous", "--pace", "5"]
    with subprocess.Popen(
        [*command, "--flush", "20", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            emulator = Emulator(json.loads(process.stdout.readline())["url"], process.pid)
            emulator.request("POST", f"/storage/v1/b?project={PROJECT}", {"name": "code"})
            yield emulator
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with started() as emulator:
        yield emulator


@pytest.fixture
def faults(emulator: Emulator) -> Iterator[Callable[..., None]]:
    """Adds faults, which are gone after the test."""
    yield lambda **script: emulator.request("POST", "/_emulator/faults", script)
    emulator.request("DELETE", "/_emulator/faults")


@pytest.fixture(scope="session")
def submit(emulator: Emulator) -> Callable[..., dataproc_v1.Job]:
    emulator.cluster("jobs")

    def submit(script: str, job_id: str, **more: Any) -> dataproc_v1.Job:
        main = emulator.upload(f"{job_id}.py", script)
        properties = {"spark.pyspark.driver.python": sys.executable}
        job = {
            "reference": {"job_id": job_id},
            "placement": {"cluster_name": "jobs"},
            "pyspark_job": {"main_python_file_uri": main, "properties": properties},
            **more,
        }
        return emulator.jobs.submit_job(
            request={"project_id": PROJECT, "region": REGION, "job": job}
        )

    return submit
