# SPDX-License-Identifier: Apache-2.0
"""What happens around the agent in the middle of work does not reach the pods that run."""

import pathlib

import pytest

from coffer_e2e.agent import Agent, CapacityWatch, confidential_node
from coffer_e2e.pods import EPC, container, identity, on_node, pod
from coffer_e2e.waiting import wait_for

TICK = "trap 'exit 0' TERM; while :; do test -c /dev/sgx_enclave && echo tick; sleep 0.2; done"
ZERO_LIMIT_S = 10


@pytest.fixture(scope="module")
def node(cluster):
    made = confidential_node(cluster, "168Mi")
    yield made
    cluster.remove_node(made)


@pytest.fixture
def tenant(cluster, node):
    """A pod with 100 MiB; afterwards it must be the same one, with its device and its share."""
    cluster.pods.create(pod("tenant", container("c", TICK, epc=100), **on_node(node)))
    before = identity(cluster.pods.wait_running("tenant"))
    with CapacityWatch(node) as watch:
        yield
        watch.look_on()
        node.agent.wait_until_advertised()
    assert watch.longest_zero_s < ZERO_LIMIT_S
    assert identity(cluster.pods.status("tenant")) == before
    ticks = cluster.logs("tenant").count("tick")
    cluster.pods.wait_log("tenant", "tick", minimum=ticks + 2)
    cluster.pods.create(pod("over", container("c", epc=100), **on_node(node)))
    assert f"Insufficient {EPC}" in cluster.pods.why_pending("over")


def test_kubelet_is_restarted(cluster, node, tenant):
    node.restart_kubelet()
    cluster.wait_until_ready(node)
    use_the_rest(cluster, node)


def test_the_agent_is_killed(cluster, node, tenant):
    old = node.agent
    old.process.kill()
    node.agent = Agent(node).wait_until_advertised()
    use_the_rest(cluster, node)


def test_the_agent_is_upgraded_with_surge(cluster, node, tenant):
    old = node.agent
    port = 9809 if old.port == 9808 else 9808
    node.agent = Agent(node, port=port, name="agent-next").wait_until_ready()
    old.process.stop()
    use_the_rest(cluster, node)


def test_the_newer_of_two_agents_leaves(cluster, node, tenant):
    """A rollback: the agent that stays must serve the node again, and not only say so."""
    newer = Agent(node, port=9809 if node.agent.port == 9808 else 9808, name="agent-newer")
    newer.wait_until_ready()
    newer.process.stop()
    use_the_rest(cluster, node)


@pytest.mark.parametrize("leaves", ["at once", "after the agent noticed it"])
def test_a_foreign_plugin_takes_the_name_and_leaves(cluster, node, leaves):
    """Afterwards pods get EPC again, without anybody's help."""
    program = pathlib.Path(__file__).parent / "coffer_e2e" / "programs" / "foreign_plugin.py"
    noticed = node.agent.process.log.read_text().count("other devices for this resource")
    foreign = node.machine.start("foreign-plugin", "/usr/bin/python3", program,
                                 "/var/lib/kubelet/device-plugins", EPC, "3")
    wait_for(lambda: f"the foreign plugin registers: {foreign.tail()}",
             lambda: "registered" in foreign.tail())
    if leaves != "at once":
        wait_for(lambda: f"the agent notices; it says {node.agent.process.tail()}",
                 lambda: node.agent.process.log.read_text().count(
                     "other devices for this resource") > noticed)
    foreign.kill()
    foreign.log.unlink()
    node.agent.wait_until_ready().wait_until_advertised()
    use_the_rest(cluster, node)


def test_kubelet_and_agent_die_together(cluster, node, tenant):
    node.agent.process.kill()
    node.kubelet.kill()
    node.agent = Agent(node)
    node.start_kubelet()
    cluster.wait_until_ready(node)
    use_the_rest(cluster, node)


def use_the_rest(cluster, node):
    """New pods still get their EPC: 60 of the 68 that the tenant leaves."""
    newcomer = pod("newcomer", container("c", epc=60), **on_node(node))
    cluster.pods.create_like_a_controller(newcomer)
    cluster.execute("newcomer", "test", "-c", "/dev/sgx_enclave")
