"""The manifests in deploy/: what the API server accepts, and the agent as a real DaemonSet."""

import json

import pytest

from coffer_e2e import images
from coffer_e2e.agent import BUILD, SOURCE, CapacityWatch
from coffer_e2e.pods import EPC, container, identity, on_node, pod
from coffer_e2e.waiting import wait_for

DEPLOY = SOURCE / "deploy" / "node"
NAMESPACE = "coffer-system"
LABEL = "coffer/platform"


def manifests(cluster, overlay):
    """An overlay's objects as kubectl makes them, with the image built here."""
    text = cluster.kubectl("kustomize", DEPLOY / overlay).stdout
    return text.replace("image: coffer:latest", f"image: {images.REPOSITORY}/coffer:1")


@pytest.mark.parametrize("overlay", ["aks", "intel", "aliyun", "software"])
def test_the_manifests_are_valid_for_the_api_servers_schema(cluster, overlay):
    said = cluster.kubectl("apply", "--dry-run=client", "--validate=strict", "-f", "-",
                           text_input=manifests(cluster, overlay)).stdout
    assert "daemonset.apps/coffer-node" in said


@pytest.fixture(scope="module")
def daemon_set(cluster):
    """A node whose agent is the DaemonSet's pod."""
    cluster.add_image(images.coffer(cluster.image_directory, BUILD))
    node = cluster.add_node()
    cluster.kubectl("label", "node", node.name, f"{LABEL}=software")
    cluster.kubectl("apply", "-f", "-", text_input=manifests(cluster, "software"))
    wait_for(lambda: f"the DaemonSet's EPC on {node.name}: {agents(cluster)}",
             lambda: node.allocatable(EPC) == 168)
    yield node
    cluster.kubectl("delete", "-f", "-", text_input=manifests(cluster, "software"))
    cluster.remove_node(node)


def agents(cluster):
    """(pod, is ready, its log's end) of every agent."""
    items = cluster.api.get("Pod", namespace=NAMESPACE)["items"]
    return [(i["metadata"]["name"],
             all(c["ready"] for c in i["status"].get("containerStatuses", [])),
             i["status"].get("containerStatuses")) for i in items]


def test_the_daemon_set_has_no_rights_that_it_does_not_need(cluster, daemon_set):
    name = wait_for("the agent's pod is ready", lambda: [n for n, ok, _ in agents(cluster) if ok])[0]
    spec = cluster.api.get("Pod", name, NAMESPACE)["spec"]
    security = spec["containers"][0]["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["MKNOD"]}
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert not any(v.get("projected") for v in spec["volumes"])
    assert "hostNetwork" not in spec and "hostPID" not in spec


def test_an_upgrade_with_surge_hurts_nobody(cluster, daemon_set):
    cluster.pods.create(pod("tenant", container("c", epc=100), **on_node(daemon_set)))
    before = identity(cluster.pods.wait_running("tenant"))
    old = {name for name, _, _ in agents(cluster)}
    change = {"spec": {"template": {"metadata": {"annotations": {"test": "upgraded"}}}}}
    with CapacityWatch(daemon_set) as watch:
        cluster.kubectl("patch", "daemonset", "coffer-node", "-n", NAMESPACE, "-p",
                        json.dumps(change))
        cluster.kubectl("rollout", "status", "daemonset/coffer-node", "-n", NAMESPACE,
                        "--timeout=60s")
        wait_for("the old agent is gone",
                 lambda: old.isdisjoint(name for name, _, _ in agents(cluster)))
    assert watch.longest_zero_s < 10
    assert identity(cluster.pods.status("tenant")) == before
    cluster.pods.create_like_a_controller(pod("newcomer", container("c", epc=60),
                                              **on_node(daemon_set)))
    cluster.execute("newcomer", "test", "-c", "/dev/sgx_enclave")
