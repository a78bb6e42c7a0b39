from __future__ import annotations

from collections.abc import Callable

import pytest
from google.api_core import exceptions
from google.cloud import dataproc_v1

from .conftest import PATIENCE, PROJECT, REGION, Emulator

State = dataproc_v1.ClusterStatus.State
PLACE = {"project_id": PROJECT, "region": REGION}
# One emulator for all.
pytestmark = pytest.mark.xdist_group("emulator")


def test_creates_a_cluster_and_deletes_it(emulator: Emulator) -> None:
    request = {
        **PLACE,
        "cluster": {
            "project_id": PROJECT,
            "cluster_name": "whole",
            "labels": {"team": "etl"},
            "config": {
                "worker_config": {"num_instances": 3, "machine_type_uri": "n2-standard-8"},
                "secondary_worker_config": {
                    "num_instances": 1,
                    "preemptibility": dataproc_v1.InstanceGroupConfig.Preemptibility.SPOT,
                },
                "lifecycle_config": {"idle_delete_ttl": {"seconds": 600}},
                "endpoint_config": {"enable_http_port_access": True},
            },
        },
        "request_id": "request-1",
    }
    operation = emulator.clusters.create_cluster(request=request)
    assert operation.metadata.operation_type == "CREATE"
    again = emulator.clusters.create_cluster(request=request)
    assert again.operation.name == operation.operation.name
    cluster = operation.result(timeout=PATIENCE)
    assert cluster.status.state == State.RUNNING
    assert [status.state for status in cluster.status_history] == [State.CREATING]
    assert cluster.labels["team"] == "etl"
    assert list(cluster.config.worker_config.instance_names) == [f"whole-w-{n}" for n in range(3)]
    assert cluster.config.lifecycle_config.idle_delete_ttl.total_seconds() == 600
    assert "YARN ResourceManager" in cluster.config.endpoint_config.http_ports
    assert operation.metadata.status.state == dataproc_v1.ClusterOperationStatus.State.DONE
    emulator.clusters.delete_cluster(**PLACE, cluster_name="whole").result(timeout=PATIENCE)
    with pytest.raises(exceptions.NotFound, match=r"Not found: Cluster projects/project-1/"):
        emulator.clusters.get_cluster(**PLACE, cluster_name="whole")


def test_lists_with_filters_and_pages(emulator: Emulator) -> None:
    for number in range(5):
        labels = {"list": "yes", "half": str(number % 2)}
        cluster = {"project_id": PROJECT, "cluster_name": f"listed-{number}", "labels": labels}
        emulator.clusters.create_cluster(**PLACE, cluster=cluster)
    request = {**PLACE, "filter": "status.state = ACTIVE AND labels.list = yes", "page_size": 2}
    pager = emulator.clusters.list_clusters(request=request)
    pages = [[cluster.cluster_name for cluster in page.clusters] for page in pager.pages]
    assert pages == [["listed-0", "listed-1"], ["listed-2", "listed-3"], ["listed-4"]]
    odd = emulator.clusters.list_clusters(request={**PLACE, "filter": "labels.half = 1"})
    assert [cluster.cluster_name for cluster in odd] == ["listed-1", "listed-3"]
    assert not list(emulator.clusters.list_clusters(project_id=PROJECT, region="europe-west1"))


def test_updates_stops_and_starts(emulator: Emulator) -> None:
    emulator.cluster("changing")
    updated = emulator.clusters.update_cluster(
        **PLACE,
        cluster_name="changing",
        cluster={"config": {"worker_config": {"num_instances": 4}}, "labels": {"new": "1"}},
        update_mask={"paths": ["config.worker_config.num_instances", "labels"]},
    ).result(timeout=PATIENCE)
    assert updated.config.worker_config.num_instances == 4
    assert updated.labels["new"] == "1"
    stop = {**PLACE, "cluster_name": "changing"}
    assert (
        emulator.clusters.stop_cluster(stop).result(timeout=PATIENCE).status.state == State.STOPPED
    )
    with pytest.raises(exceptions.BadRequest, match="must be RUNNING"):
        emulator.clusters.stop_cluster(stop)
    assert (
        emulator.clusters.start_cluster(stop).result(timeout=PATIENCE).status.state == State.RUNNING
    )


def test_keeps_autoscaling_policies(emulator: Emulator) -> None:
    parent = f"projects/{PROJECT}/regions/{REGION}"
    yarn = {
        "graceful_decommission_timeout": {"seconds": 60},
        "scale_up_factor": 0.5,
        "scale_down_factor": 0.0,
    }
    policy = {
        "id": "client",
        "basic_algorithm": {"yarn_config": yarn},
        "worker_config": {"max_instances": 10},
    }
    made = emulator.policies.create_autoscaling_policy(parent=parent, policy=policy)
    assert made.name == f"{parent}/autoscalingPolicies/client"
    made.worker_config.max_instances = 20
    assert (
        emulator.policies.update_autoscaling_policy(policy=made).worker_config.max_instances == 20
    )
    assert [one.id for one in emulator.policies.list_autoscaling_policies(parent=parent)] == [
        "client"
    ]
    emulator.policies.delete_autoscaling_policy(name=made.name)
    with pytest.raises(exceptions.NotFound):
        emulator.policies.get_autoscaling_policy(name=made.name)


def test_raises_each_kind_of_error(emulator: Emulator, faults: Callable[..., None]) -> None:
    emulator.cluster("there")
    with pytest.raises(exceptions.Conflict, match="Failed to create cluster"):
        emulator.cluster("there")
    with pytest.raises(exceptions.BadRequest, match="must match pattern"):
        emulator.cluster("Not_A_Name")
    with pytest.raises(exceptions.BadRequest, match="at least 2 workers"):
        emulator.cluster("small", config={"worker_config": {"num_instances": 1}})
    faults(quotas={"N2_CPUS": 0})
    with pytest.raises(exceptions.BadRequest, match="Insufficient 'N2_CPUS' quota"):
        emulator.cluster("beyond")
    for status, error in {
        "RESOURCE_EXHAUSTED": exceptions.TooManyRequests,
        "PERMISSION_DENIED": exceptions.Forbidden,
        "INTERNAL": exceptions.InternalServerError,
    }.items():
        rule = {"method": "ClusterController.CreateCluster", "error": {"status": status}}
        faults(rules=[rule])
        with pytest.raises(error) as raised:
            emulator.cluster("refused")
        assert raised.value.response.json()["error"]["status"] == status


def test_tries_again_by_itself(emulator: Emulator, faults: Callable[..., None]) -> None:
    error = {"status": "UNAVAILABLE"}
    faults(rules=[{"method": "ClusterController.ListClusters", "error": error, "times": 2}])
    list(emulator.clusters.list_clusters(**PLACE))


def test_fails_the_operation_of_a_stockout(emulator: Emulator, faults: Callable[..., None]) -> None:
    faults(stockouts=[{"zone": "us-central1-b"}])
    with pytest.raises(
        exceptions.GoogleAPICallError, match="does not have enough resources"
    ) as failed:
        emulator.cluster("out", config={"gce_cluster_config": {"zone_uri": "us-central1-b"}})
    assert failed.value.code == 503
    cluster = emulator.clusters.get_cluster(**PLACE, cluster_name="out")
    assert cluster.status.state == State.ERROR
    assert "ZONE_RESOURCE_POOL_EXHAUSTED" in cluster.status.detail
