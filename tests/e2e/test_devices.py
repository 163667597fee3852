# SPDX-License-Identifier: Apache-2.0
"""A device that goes away: the node's EPC is unhealthy until it is back; pods that run stay."""

import pytest

from coffer_e2e.agent import confidential_node
from coffer_e2e.pods import EPC, container, identity, on_node, pod
from coffer_e2e.waiting import wait_for

DEVICE = "/run/coffer/dev/sgx_enclave"


@pytest.fixture
def node(cluster):
    made = confidential_node(cluster, "168Mi")
    yield made
    cluster.remove_node(made)


def resource(node):
    return next(r for r in node.agent.status()["resources"] if r["name"] == EPC)


def test_an_unplugged_device_is_unhealthy_until_it_returns(cluster, node):
    cluster.pods.create(pod("tenant", container("c", epc=100), **on_node(node)))
    before = identity(cluster.pods.wait_running("tenant"))

    node.machine.run("mv", DEVICE, DEVICE + ".away")
    wait_for("no EPC is allocatable", lambda: node.allocatable(EPC) == 0)
    assert node.capacity(EPC) == 168
    assert not resource(node)["healthy"]
    assert not node.agent.ready()
    cluster.pods.create(pod("late", container("c", epc=10), **on_node(node)))
    assert f"Insufficient {EPC}" in cluster.pods.why_pending("late")

    node.machine.run("mv", DEVICE + ".away", DEVICE)
    node.agent.wait_until_advertised()
    assert resource(node)["healthy"]
    cluster.pods.wait_running("late")
    assert identity(cluster.pods.status("tenant")) == before
