from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest
from google.api_core import exceptions
from google.cloud import dataproc_v1

from .conftest import PATIENCE, PROJECT, REGION, Emulator

State = dataproc_v1.JobStatus.State
PLACE = {"project_id": PROJECT, "region": REGION}
# One emulator for all.
pytestmark = pytest.mark.xdist_group("emulator")


def wait(emulator: Emulator, job_id: str, *states: dataproc_v1.JobStatus.State) -> dataproc_v1.Job:
    while True:
        job = emulator.jobs.get_job(**PLACE, job_id=job_id)
        if job.status.state in states:
            return job
        assert not job.done, job.status
        time.sleep(0.02)


def test_runs_a_job_to_its_end(emulator: Emulator, submit: Callable[..., dataproc_v1.Job]) -> None:
    job = submit("print('hello from the driver')", "good", labels={"kind": "good"})
    assert job.status.state == State.PENDING
    job = wait(emulator, "good", State.DONE)
    assert [status.state for status in job.status_history] == [
        State.PENDING,
        State.SETUP_DONE,
        State.RUNNING,
    ]
    bucket, _, prefix = job.driver_output_resource_uri.removeprefix("gs://").partition("/")
    objects = emulator.request("GET", f"/storage/v1/b/{bucket}/o?prefix={prefix}")["items"]
    assert [int(one["size"]) for one in objects] == [len("hello from the driver\n"), 0]
    with pytest.raises(exceptions.Conflict, match="Failed to submit job"):
        submit("", "good")


def test_waits_for_a_job_as_an_operation(
    emulator: Emulator, submit: Callable[..., dataproc_v1.Job]
) -> None:
    main = emulator.upload("operation.py", "print(1)")
    python = {"spark.pyspark.driver.python": sys.executable}
    job = {
        "placement": {"cluster_name": "jobs"},
        "pyspark_job": {"main_python_file_uri": main, "properties": python},
    }
    operation = emulator.jobs.submit_job_as_operation(**PLACE, job=job)
    assert operation.result(timeout=PATIENCE).status.state == State.DONE


def test_fails_with_the_place_of_the_output(
    emulator: Emulator, submit: Callable[..., dataproc_v1.Job]
) -> None:
    submit("raise SystemExit(2)", "bad")
    job = wait(emulator, "bad", State.ERROR)
    assert job.status.details.startswith("Google Cloud Dataproc Agent reports job failure.")
    assert job.driver_output_resource_uri in job.status.details


def test_cancels_lists_and_deletes(
    emulator: Emulator, submit: Callable[..., dataproc_v1.Job]
) -> None:
    submit("import time; time.sleep(600)", "long", labels={"kind": "long"})
    wait(emulator, "long", State.RUNNING)
    active = dataproc_v1.ListJobsRequest.JobStateMatcher.ACTIVE
    request = {**PLACE, "job_state_matcher": active, "cluster_name": "jobs"}
    assert [job.reference.job_id for job in emulator.jobs.list_jobs(request=request)] == ["long"]
    with pytest.raises(exceptions.BadRequest, match="is active and cannot be deleted"):
        emulator.jobs.delete_job(**PLACE, job_id="long")
    assert emulator.jobs.cancel_job(**PLACE, job_id="long").status.state == State.CANCEL_PENDING
    assert wait(emulator, "long", State.CANCELLED).done
    by_label = {**PLACE, "filter": "labels.kind = long", "page_size": 1}
    found = list(emulator.jobs.list_jobs(request=by_label).pages)
    assert [[job.reference.job_id for job in page.jobs] for page in found] == [["long"]]
    emulator.jobs.delete_job(**PLACE, job_id="long")
    with pytest.raises(exceptions.NotFound, match="Not found: Job projects/"):
        emulator.jobs.get_job(**PLACE, job_id="long")


def test_refuses_jobs_for_clusters_that_are_not_there(emulator: Emulator) -> None:
    work = {"main_python_file_uri": "gs://code/x.py"}
    job = {"placement": {"cluster_name": "nowhere"}, "pyspark_job": work}
    with pytest.raises(exceptions.NotFound, match="Not found: Cluster projects/"):
        emulator.jobs.submit_job(**PLACE, job=job)
    with pytest.raises(exceptions.BadRequest, match="Job type must be specified"):
        emulator.jobs.submit_job(**PLACE, job={"placement": {"cluster_name": "nowhere"}})


def test_runs_a_workflow(emulator: Emulator) -> None:
    main = emulator.upload("step.py", "print('step')")
    python = {"spark.pyspark.driver.python": sys.executable}
    template = {
        "placement": {"managed_cluster": {"cluster_name": "flow", "config": {}}},
        "jobs": [
            {
                "step_id": "only",
                "pyspark_job": {"main_python_file_uri": main, "properties": python},
            }
        ],
    }
    parent = f"projects/{PROJECT}/regions/{REGION}"
    operation = emulator.workflows.instantiate_inline_workflow_template(
        parent=parent, template=template
    )
    operation.result(timeout=PATIENCE)
    assert operation.metadata.graph.nodes[0].state == dataproc_v1.WorkflowNode.NodeState.COMPLETED
    clusters = emulator.clusters.list_clusters(**PLACE)
    assert operation.metadata.cluster_name not in [one.cluster_name for one in clusters]
