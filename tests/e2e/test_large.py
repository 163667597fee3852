# SPDX-License-Identifier: Apache-2.0
"""A node with 256 GiB of EPC: one device a MiB, all of them in one message that kubelet takes."""

from coffer_e2e.agent import confidential_node
from coffer_e2e.pods import EPC, container, on_node, pod


def test_a_quarter_million_devices(cluster):
    node = confidential_node(cluster, "256Gi")
    assert node.capacity(EPC) == node.allocatable(EPC) == 262144
    cluster.pods.create(pod("huge", container("c", epc=32768), **on_node(node)))
    cluster.pods.wait_running("huge", timeout_s=90)
    limit = cluster.execute("huge", "sh", "-c", "echo $COFFER_EPC_LIMIT")
    assert int(limit) == 32 * 1024 * 1024 * 1024
    cluster.pods.delete("huge")
    cluster.remove_node(node)
