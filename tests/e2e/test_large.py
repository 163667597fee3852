# SPDX-License-Identifier: Apache-2.0
"""Nodes with 256 GiB of EPC: by the default profile, and by one device a MiB."""

import os
import pathlib

import pytest

from coffer_e2e.agent import confidential_node
from coffer_e2e.deployment import TESTS, Deployment
from coffer_e2e.pods import EPC, container, on_node, pod
from coffer_e2e.waiting import wait_for

BYTES = "sgx.intel.com/epc"
ENCLAVE = "sgx.intel.com/enclave"
GIB = 1 << 30


def processor_time_s(pid):
    """User and system time of a process since its start."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def large(cluster):
    """A node with 256 GiB and the agent of the manifests, with the default profile."""
    deployment = Deployment(cluster, TESTS / "auto-large")
    node = deployment.add_node()
    wait_for(lambda: f"EPC on {node.name}; {deployment.story()}",
             lambda: node.allocatable(BYTES) == 256 * GIB and node.allocatable(ENCLAVE) > 0)
    yield node
    deployment.delete()
    cluster.remove_node(node)


def enclave(name, epc):
    return container(name, resources={"limits": {BYTES: epc, ENCLAVE: "1"}})


def test_a_large_node_is_safe_by_default(cluster, large, record_property):
    """A restart of the kubelet under a pod of 128 GiB delays nobody."""
    assert large.capacity(EPC) == 0, "one EPC name a node"
    cluster.pods.create(pod("half", enclave("c", "128Gi"), **on_node(large)))
    status = cluster.pods.wait_running("half")
    assert len(str(status)) < 16 * 1024, "the status does not grow with the EPC"
    large.restart_kubelet()
    cluster.wait_until_ready(large)
    cluster.pods.create_like_a_controller(pod("next", enclave("c", "100Gi"), **on_node(large)))
    record_property("node.kubelet_restart_cpu_s", processor_time_s(large.kubelet.pid))
    cluster.pods.create(pod("over", enclave("c", "100Gi"), **on_node(large)))
    assert f"Insufficient {BYTES}" in cluster.pods.why_pending("over")


def test_a_quarter_million_devices(cluster):
    node = confidential_node(cluster, "256Gi", flags=["--profile=aks"])
    assert node.capacity(EPC) == node.allocatable(EPC) == 262144
    assert "--profile=auto" in node.agent.status()["remedy"]
    cluster.pods.create(pod("huge", container("c", epc=32768), **on_node(node)))
    cluster.pods.wait_running("huge", timeout_s=90)
    limit = cluster.execute("huge", "sh", "-c", "echo $COFFER_EPC_LIMIT")
    assert int(limit) == 32 * 1024 * 1024 * 1024
    cluster.pods.delete("huge")
    cluster.remove_node(node)
