# SPDX-License-Identifier: Apache-2.0
"""Intel's resource names: EPC in bytes in the Node's status, held there by the agent."""

import pytest

from coffer_e2e.deployment import DEPLOY, TESTS, Deployment
from coffer_e2e.pods import container, on_node, pod
from coffer_e2e.waiting import wait_for

BYTES = "sgx.intel.com/epc"
ENCLAVE = "sgx.intel.com/enclave"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def deployment(cluster):
    made = Deployment(cluster, TESTS / "intel-software")
    yield made
    made.delete()


@pytest.fixture(scope="module")
def node(cluster, deployment):
    made = deployment.add_node()
    wait_for(lambda: f"EPC on {made.name}; {deployment.story()}",
             lambda: made.allocatable(BYTES) == 168 * MIB and made.allocatable(ENCLAVE) > 0)
    yield made
    cluster.remove_node(made)


def enclave(name, epc):
    return container(name, resources={"limits": {BYTES: epc, ENCLAVE: "1"}})


def test_pods_are_placed_by_bytes(cluster, node):
    cluster.pods.create(pod("first", enclave("c", "100Mi"), **on_node(node)))
    cluster.pods.wait_running("first")
    cluster.execute("first", "test", "-c", "/dev/sgx_enclave")
    cluster.pods.create(pod("second", enclave("c", "100Mi"), **on_node(node)))
    assert f"Insufficient {BYTES}" in cluster.pods.why_pending("second")


def test_the_amount_is_asserted_again_when_somebody_changes_it(cluster, node):
    changed = {"status": {"capacity": {BYTES: "1Mi"}}}
    cluster.api.call("PATCH", f"/api/v1/nodes/{node.name}/status", changed,
                     "application/merge-patch+json")
    wait_for("the change has arrived", lambda: node.allocatable(BYTES) == MIB)
    wait_for("the agent's amount is back", lambda: node.allocatable(BYTES) == 168 * MIB)


def epc_alone(name, epc, **more):
    return container(name, resources={"limits": {BYTES: epc}}, **more)


def test_epc_alone_is_told_by_an_event(cluster, node):
    """Without the policy the pod runs without the device, and its owner can see why."""
    cluster.pods.create(pod("mute", epc_alone("c", "10Mi"), **on_node(node)))
    cluster.pods.wait_running("mute")

    def events():
        items = cluster.api.get("Event", fieldSelector="involvedObject.name=mute")["items"]
        return [e for e in items if e["reason"] == "NoEnclaveDevice"]
    (event,) = wait_for("the agent makes an Event", events)
    assert "container c" in event["message"] and ENCLAVE in event["message"]
    assert event["type"] == "Warning" and event["source"]["host"] == node.name


@pytest.fixture
def admission(cluster):
    text = cluster.kubectl("kustomize", DEPLOY / "intel-admission").stdout
    cluster.kubectl("apply", "-f", "-", text_input=text)
    yield
    cluster.kubectl("delete", "-f", "-", text_input=text)


def test_epc_alone_gives_the_device(cluster, node, admission):
    """The policy adds the enclave resource to each container that asks for EPC, and to no other."""
    manifest = pod("alone", epc_alone("c", "10Mi"), container("plain"),
                   initContainers=[epc_alone("init", "10Mi", command=["test", "-c",
                                                                      "/dev/sgx_enclave"])],
                   **on_node(node))

    def is_changed():  # the API server needs a moment to take the policy up
        made = cluster.api.call("POST", "/api/v1/namespaces/default/pods?dryRun=All", manifest)
        return ENCLAVE in made["spec"]["containers"][0]["resources"]["limits"]
    wait_for("the policy is in force", is_changed)
    made = cluster.pods.create(manifest)["spec"]
    assert made["containers"][0]["resources"]["requests"][ENCLAVE] == "1"
    assert made["initContainers"][0]["resources"]["limits"][ENCLAVE] == "1"
    assert ENCLAVE not in made["containers"][1].get("resources", {}).get("limits", {})
    cluster.pods.wait_running("alone")
    cluster.execute("alone", "test", "-c", "/dev/sgx_enclave", container="c")
    both = cluster.pods.create(pod("both", enclave("c", "10Mi"), **on_node(node)))["spec"]
    assert both["containers"][0]["resources"]["limits"][ENCLAVE] == "1"
