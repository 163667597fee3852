# SPDX-License-Identifier: Apache-2.0
"""Quotes for pods that ask for nothing but EPC, under the restricted Pod Security level."""

import base64
import subprocess

import pytest

from coffer_e2e import images
from coffer_e2e.agent import BUILD
from coffer_e2e.deployment import DEPLOY, Deployment
from coffer_e2e.pods import EPC, Pods, container, identity, on_node, pod
from coffer_e2e.waiting import wait_for

NAMESPACE = "restricted"
RESTRICTED = {
    "allowPrivilegeEscalation": False, "runAsNonRoot": True, "runAsUser": 1000,
    "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
}
QUOTE = "coffer quote --report-data c0ffee --out /tmp/new && mv /tmp/new /tmp/quote"
QUOTE_FOR_EVER = f"""trap 'exit 0' TERM
while :; do {QUOTE} && echo quote of $(wc -c < /tmp/quote) bytes; sleep 0.2; done"""


@pytest.fixture(scope="module")
def software(cluster):
    made = Deployment(cluster, DEPLOY / "software")
    yield made
    made.delete()


@pytest.fixture(scope="module")
def node(cluster, software):
    made = software.add_node()
    wait_for(lambda: f"EPC on {made.name}; {software.story()}",
             lambda: made.allocatable(EPC) == 168)
    yield made
    cluster.remove_node(made)


@pytest.fixture(scope="module")
def image(cluster):
    """An application's image: the quote command, its report enclave, a shell."""
    report = BUILD / "examples" / "report"
    files = images.with_libraries({
        "/usr/bin/coffer": BUILD / "coffer", "/bin/busybox": "/bin/busybox",
        **{f"/usr/libexec/coffer/{name}": report / name
           for name in ("coffer-report", "report.signed")}})
    links = {f"/bin/{name}": "busybox" for name in ("sh", "sleep", "wc", "ls", "mv", "base64")}
    return cluster.add_image(images.build(cluster.image_directory, "quoting", files, ["/bin/sh"],
                                          links))


@pytest.fixture(scope="module")
def pods(cluster):
    """The pods of a namespace that enforces the restricted level."""
    cluster.kubectl("create", "namespace", NAMESPACE)
    cluster.kubectl("label", "namespace", NAMESPACE,
                    "pod-security.kubernetes.io/enforce=restricted")
    wait_for("the namespace's service account",
             lambda: cluster.api.get("ServiceAccount", "default", NAMESPACE))
    yield Pods(cluster, NAMESPACE)
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def quotes(cluster):
    return cluster.logs("quoting", namespace=NAMESPACE).count("quote of")


def wait_for_more(cluster, pods, software):
    """Two more quotes: the first may have been asked for before."""
    before = quotes(cluster)
    wait_for(lambda: f"more quotes; the pod says {cluster.logs('quoting', namespace=NAMESPACE)}; "
             f"{software.story()}", lambda: quotes(cluster) >= before + 2)


def verify(cluster, node, directory, *trust):
    """Judges the pod's newest quote with the collateral of the node; returns the exit status."""
    quote = directory / "quote"
    text = cluster.execute("quoting", "base64", "/tmp/quote", namespace=NAMESPACE)
    quote.write_bytes(base64.b64decode(text))
    collateral = node.machine.path("/var/lib/coffer/collateral")
    return subprocess.run([BUILD / "coffer", "verify", "--collateral", collateral, *trust, quote],
                          capture_output=True, check=False).returncode


def test_a_restricted_pod_has_quotes_while_the_agent_restarts_and_is_upgraded(
        cluster, software, node, image, pods, tmp_path):
    quoting = container("c", QUOTE_FOR_EVER, epc=20, image=image, securityContext=RESTRICTED)
    pods.create(pod("quoting", quoting, namespace=NAMESPACE, **on_node(node)))
    before = identity(pods.wait_running("quoting"))
    wait_for_more(cluster, pods, software)

    software.kill_agent(node)
    wait_for_more(cluster, pods, software)

    software.upgrade()
    wait_for_more(cluster, pods, software)
    assert identity(pods.status("quoting")) == before

    root = node.machine.path("/var/lib/coffer/collateral/root.pem")
    assert verify(cluster, node, tmp_path, "--trust-root", root) == 0
    assert verify(cluster, node, tmp_path) == 1  # Intel's root did not sign it


def test_a_pod_without_the_request_reaches_neither_socket_nor_device(
        cluster, software, node, image, pods):
    look = "ls /var/run/aesmd /run/aesmd /dev/sgx_enclave /dev/sgx; env; sleep 600"
    pods.create(pod("outsider", container("c", look, image=image, securityContext=RESTRICTED),
                    namespace=NAMESPACE, **on_node(node)))
    pods.wait_running("outsider")
    log = pods.wait_log("outsider", "HOSTNAME=")
    assert log.count("No such file or directory") == 4
    assert "LD_PRELOAD" not in log and "AESM" not in log
    done = cluster.kubectl("exec", "-n", NAMESPACE, "outsider", "--", "coffer", "quote",
                           "--target-info", "/tmp/t", check=False)
    assert done.returncode != 0
