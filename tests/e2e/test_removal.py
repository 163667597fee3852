# SPDX-License-Identifier: Apache-2.0
"""Coffer is taken off a node, and leaves what the manual says."""

from coffer_e2e.deployment import NAMESPACE, TESTS, Deployment
from coffer_e2e.waiting import wait_for

BYTES = "sgx.intel.com/epc"


def test_a_node_is_as_it_was(cluster):
    """The kubelet's own resources need five minutes; what Coffer wrote itself goes at once."""
    agents = Deployment(cluster, TESTS / "intel-software")
    node = agents.add_node()
    try:
        wait_for(lambda: f"EPC on {node.name}; {agents.story()}",
                 lambda: node.allocatable(BYTES) > 0)
        agents.delete()
        wait_for("the agent is gone", lambda: not agents.agents())
        removal = Deployment(cluster, TESTS / "remove")
        wait_for(lambda: f"{BYTES} is off the Node; the removal says "
                 + cluster.logs(next(iter(removal.agents())), "remove", NAMESPACE),
                 lambda: BYTES not in node.object()["status"]["capacity"], timeout_s=30)
        wait_for("the kubelet forgets it, too",
                 lambda: BYTES not in node.object()["status"]["allocatable"])
        files = node.machine.run("find", "/var/lib/kubelet/device-plugins", "/run/coffer",
                                 "-name", "coffer-*", "-o", "-name", "sgx_*").stdout
        assert files == ""
        node.machine.run("test", "-s", "/var/lib/coffer/platform/secret")
        removal.delete()
    finally:
        cluster.remove_node(node)
