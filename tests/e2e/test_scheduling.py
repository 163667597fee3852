# SPDX-License-Identifier: Apache-2.0
"""Pods are placed, admitted and refused by their EPC requests."""

from coffer_e2e.pods import EPC, container, on_node, pod

MIB = 1024 * 1024


def test_capacity_and_allocatable_are_the_nodes_epc(confidential, plain):
    assert confidential.capacity(EPC) == 168
    assert confidential.allocatable(EPC) == 168
    assert plain.capacity(EPC) == 0


def test_a_pod_with_100_mib_has_the_device_inside(cluster, confidential):
    cluster.pods.create(pod("enclave", container("c", epc=100)))
    cluster.pods.wait_running("enclave")
    cluster.execute("enclave", "test", "-c", "/dev/sgx_enclave")
    limit = cluster.execute("enclave", "sh", "-c", "echo $COFFER_EPC_LIMIT")
    assert int(limit) == 100 * MIB
    assert cluster.pods.get("enclave")["spec"]["nodeName"] == confidential.name


def test_a_pod_without_a_request_has_no_device(cluster, confidential):
    cluster.pods.create(pod("ordinary", container("c"), **on_node(confidential)))
    cluster.pods.wait_running("ordinary")
    seen = cluster.execute("ordinary", "sh", "-c", "ls -d /dev/sgx* || true; env")
    assert "/dev/sgx" not in seen
    assert "COFFER" not in seen


def test_a_second_100_of_168_waits_until_the_first_ends(cluster, confidential):
    cluster.pods.create(pod("first", container("c", epc=100)))
    cluster.pods.wait_running("first")
    cluster.pods.create(pod("second", container("c", epc=100)))
    assert f"Insufficient {EPC}" in cluster.pods.why_pending("second")
    cluster.pods.delete("first")
    cluster.pods.wait_running("second")


def test_two_containers_have_each_their_own_share(cluster, confidential):
    cluster.pods.create(pod("pair", container("big", epc=100), container("small", epc=60)))
    cluster.pods.wait_running("pair")
    for name, mib in (("big", 100), ("small", 60)):
        limit = cluster.execute("pair", "sh", "-c", "echo $COFFER_EPC_LIMIT", container=name)
        assert int(limit) == mib * MIB
    cluster.pods.create(pod("too-much", container("a", epc=100), container("b", epc=100)))
    assert f"Insufficient {EPC}" in cluster.pods.why_pending("too-much")


def test_an_init_containers_epc_is_there_first_and_then_the_pods(cluster, confidential):
    check = "test -c /dev/sgx_enclave && echo limit $COFFER_EPC_LIMIT"
    cluster.pods.create(pod("prepared", container("app", epc=100),
                            initContainers=[container("prepare", check, epc=120)]))
    cluster.pods.wait_running("prepared")
    assert f"limit {120 * MIB}" in cluster.logs("prepared", "prepare")
    cluster.execute("prepared", "test", "-c", "/dev/sgx_enclave")
    cluster.pods.create(pod("neighbour", container("c", epc=60)))
    assert f"Insufficient {EPC}" in cluster.pods.why_pending("neighbour")


def test_enclave_pods_land_only_on_the_confidential_node(cluster, confidential, plain):
    names = [f"mixed-{i}" for i in range(8)]
    for name in names:
        cluster.pods.create(pod(name, container("c", epc=20)))
    cluster.pods.wait_running(*names)
    assert {cluster.pods.get(n)["spec"]["nodeName"] for n in names} == {confidential.name}
    cluster.pods.create(pod("ordinary", container("c"), **on_node(plain)))
    cluster.pods.wait_running("ordinary")
