# SPDX-License-Identifier: Apache-2.0
"""The manifests in deploy/: what the API server accepts, and the agent as a real DaemonSet."""

import pytest

from coffer_e2e.agent import CapacityWatch
from coffer_e2e.deployment import DEPLOY, NAMESPACE, TESTS, Deployment, manifests
from coffer_e2e.pods import EPC, container, identity, on_node, pod
from coffer_e2e.waiting import wait_for


OVERLAYS = [*(DEPLOY / name for name in ("auto", "aks", "intel", "aliyun", "software")),
            TESTS / "guarded"]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda overlay: overlay.name)
def test_the_manifests_are_valid_for_the_api_servers_schema(cluster, overlay):
    said = cluster.kubectl("apply", "--dry-run=client", "--validate=strict", "-f", "-",
                           text_input=manifests(cluster, overlay)).stdout
    assert "daemonset.apps/coffer-node" in said


def test_the_static_pod_is_valid(cluster):
    said = cluster.kubectl("apply", "--dry-run=client", "--validate=strict", "-f",
                           DEPLOY / "static-pod" / "coffer-node.yaml").stdout
    assert "pod/coffer-node" in said


@pytest.fixture(scope="module")
def software(cluster):
    made = Deployment(cluster, DEPLOY / "software")
    yield made
    made.delete()


def test_hardware_and_software_nodes_live_in_one_cluster(cluster, software, plain):
    """Each overlay has its own nodes; a rollout ends though the other nodes run no agent."""
    hardware = Deployment(cluster, DEPLOY / "auto")
    try:
        assert hardware.name != software.name
        cluster.kubectl("rollout", "status", f"daemonset/{hardware.name}", "-n", NAMESPACE,
                        "--timeout=60s")

        def wanted(name):
            found = cluster.api.get("DaemonSet", name, NAMESPACE, "apps/v1")
            return found["status"]["desiredNumberScheduled"]
        assert wanted(hardware.name) == 0
        before = wanted(software.name)
        cluster.kubectl("label", "node", plain.name, "coffer/platform=hardware")
        wait_for("the label brings the agent", lambda: wanted(hardware.name) == 1)
        assert wanted(software.name) == before
    finally:
        cluster.kubectl("label", "node", plain.name, "coffer/platform-")
        hardware.delete()


@pytest.fixture(scope="module")
def node(cluster, software):
    """A node whose agent is the DaemonSet's pod."""
    made = software.add_node()
    wait_for(lambda: f"EPC on {made.name}; {software.story()}",
             lambda: made.allocatable(EPC) == 168)
    yield made
    cluster.remove_node(made)


def test_the_agent_has_no_rights_that_it_does_not_need(cluster, software, node):
    spec = cluster.api.get("Pod", software.ready_agent(), NAMESPACE)["spec"]
    security = spec["containers"][0]["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["MKNOD"]}
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert not any(v.get("projected") for v in spec["volumes"])
    assert "hostNetwork" not in spec and "hostPID" not in spec


def test_status_answers_in_the_agents_container(cluster, software, node):
    cluster.pods.create(pod("tenant", container("c", epc=100), **on_node(node)))
    cluster.pods.wait_running("tenant")
    status = ["exec", "-n", NAMESPACE, software.ready_agent(), "--", "coffer", "node", "--status"]
    wait_for("the ledger shows the tenant", lambda: "tenant" in cluster.kubectl(*status).stdout)
    assert "100" in cluster.kubectl(*status).stdout


def test_doctor_in_the_agents_container_says_ready(cluster, software, node):
    """It asks the agent: the container's own /dev has no device."""
    said = cluster.kubectl("exec", "-n", NAMESPACE, software.ready_agent(), "--", "coffer",
                           "doctor").stdout
    assert "as the agent sees it" in said and "\nReady" in said


def test_an_upgrade_with_surge_hurts_nobody(cluster, software, node):
    cluster.pods.create(pod("tenant", container("c", epc=100), **on_node(node)))
    before = identity(cluster.pods.wait_running("tenant"))
    with CapacityWatch(node) as watch:
        software.upgrade()
        watch.look_on()
    assert watch.longest_zero_s < 10
    assert identity(cluster.pods.status("tenant")) == before
    cluster.pods.create_like_a_controller(
        pod("newcomer", container("c", epc=60), **on_node(node)))
    cluster.execute("newcomer", "test", "-c", "/dev/sgx_enclave")
