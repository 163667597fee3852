# SPDX-License-Identifier: Apache-2.0
"""The harness itself: nodes come, go and lose power, and pods run on them. Needs no Coffer."""

from coffer_e2e.pods import container, on_node, pod
from coffer_e2e.waiting import wait_for


def test_two_nodes_run_pods_that_reach_each_other(cluster):
    first, second = cluster.add_node(wait=False), cluster.add_node(wait=False)
    cluster.wait_until_ready(first, second)
    serve = "echo hello > /tmp/index.html; httpd -f -p 8080 -h /tmp"
    cluster.pods.create(pod("server", container("c", serve), **on_node(first)))
    address = cluster.pods.wait_running("server")["podIP"]
    ask = f"until wget -q -O - http://{address}:8080/; do sleep 0.2; done; sleep 60"
    cluster.pods.create(pod("client", container("c", ask), **on_node(second)))
    cluster.pods.wait_log("client", "hello")
    assert cluster.execute("server", "cat", "/tmp/index.html") == "hello\n"
    cluster.pods.delete("server", "client")


def test_a_power_cut_ends_the_node_and_its_disk_survives(cluster):
    node = cluster.add_node()
    cluster.pods.create(pod("resident", container("c"), **on_node(node)))
    cluster.pods.wait_running("resident")
    node.power_cut()
    wait_for("the dead node is noticed", lambda: not node.ready, timeout_s=30)
    node.power_on()
    cluster.wait_until_ready(node)
    wait_for("the pod was started again", lambda: cluster.pods.status("resident")
             ["containerStatuses"][0]["restartCount"] == 1, timeout_s=60)
    cluster.pods.delete("resident")
    cluster.remove_node(node)
    assert node.name not in [n["metadata"]["name"] for n in cluster.api.get("Node")["items"]]
