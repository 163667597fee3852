# SPDX-License-Identifier: Apache-2.0
"""A node that comes back after a power cut, with the agent as a service that starts first."""

from coffer_e2e.agent import Agent, confidential_node
from coffer_e2e.pods import EPC, container, on_node, pod
from coffer_e2e.waiting import wait_for

PODS = 5


def test_pods_run_again_after_a_power_cut(cluster):
    """None is refused: the agent waits for the kubelet and registers before pods are admitted."""
    node = confidential_node(cluster, "168Mi")
    names = [f"survivor-{i}" for i in range(PODS)]
    for name in names:
        cluster.pods.create(pod(name, container("c", epc=30), **on_node(node)))
    cluster.pods.wait_running(*names)
    before = {name: cluster.pods.status(name)["containerStatuses"][0]["containerID"]
              for name in names}

    def start_agent():
        node.agent = Agent(node)
        wait_for(lambda: f"the agent waits for the kubelet; it says {node.agent.process.tail()}",
                 lambda: node.agent.ask("/healthz")[0] == 200)

    node.power_cut()
    node.power_on(start_agent)
    cluster.wait_until_ready(node)

    def runs_anew(name):
        status = cluster.pods.status(name)
        assert status.get("reason") != "UnexpectedAdmissionError", status
        (state,) = status["containerStatuses"]
        return "running" in state["state"] and state["containerID"] != before[name]
    for name in names:
        wait_for(lambda name=name: f"{name} runs again; it is {cluster.pods.status(name)}",
                 lambda name=name: runs_anew(name))
        cluster.execute(name, "test", "-c", "/dev/sgx_enclave")
    assert node.allocatable(EPC) == 168
    cluster.pods.delete(*names)
    cluster.remove_node(node)
