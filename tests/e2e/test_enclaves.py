# SPDX-License-Identifier: Apache-2.0
"""Unmodified images with the vault example run on software nodes, by their EPC request alone."""

import re
import subprocess

import pytest

from coffer_e2e import images
from coffer_e2e.agent import BUILD, Agent, confidential_node
from coffer_e2e.pods import container, identity, on_node, pod

VAULT = BUILD / "examples" / "vault"
MUSL = "/usr/lib/x86_64-linux-musl/libc.so"
TOOLS = {f"/bin/{name}": "busybox" for name in ("sh", "sleep", "base64", "cat", "tr", "echo")}
SEAL = "/vault /vault.signed /tmp/sealed put {} && echo sealed $(base64 /tmp/sealed | tr -d '\\n')"
OPEN = "echo {} | base64 -d > /tmp/sealed; /vault /vault.signed /tmp/sealed get"


@pytest.fixture(scope="module")
def nodes(cluster):
    made = [confidential_node(cluster, "64Mi") for _ in range(2)]
    yield made
    for node in made:
        cluster.remove_node(node)


def add_image(cluster, name, files):
    return cluster.add_image(images.build(
        cluster.image_directory, name, {"/bin/busybox": "/bin/busybox", **files}, ["/bin/sh"],
        TOOLS))


@pytest.fixture(scope="module")
def glibc(cluster):
    return add_image(cluster, "vault", images.with_libraries(
        {"/vault": VAULT / "vault", "/vault.signed": VAULT / "vault-first.signed"}))


@pytest.fixture(scope="module")
def musl(cluster):
    return add_image(cluster, "vault-musl", {
        "/vault": VAULT / "vault-musl", "/vault.signed": VAULT / "vault-first.signed",
        "/lib/ld-musl-x86_64.so.1": MUSL})


@pytest.fixture(scope="module")
def pair(cluster):
    """Two enclaves that prove to each other that they are on one platform."""
    made = BUILD / "examples" / "local-attestation"
    return add_image(cluster, "local-attestation", images.with_libraries(
        {f"/{name}": made / name
         for name in ("local-attestation", "alice.signed", "bob.signed")}))


@pytest.fixture(scope="module")
def big(cluster):
    """The vault with a heap that makes it an enclave of more than 20 MiB."""
    manifest = cluster.image_directory / "big.manifest"
    manifest.write_text("heap = 20Mi\nstack = 64Ki\nthreads = 1\nproduct_id = 1\nsvn = 1\n")
    signed = cluster.image_directory / "big.signed"
    subprocess.run([BUILD / "coffer", "sign", "--key", BUILD / "examples" / "first.pem",
                    "--manifest", manifest, "--out", signed, VAULT / "vault.enclave"], check=True)
    return add_image(cluster, "vault-big", images.with_libraries(
        {"/vault": VAULT / "vault", "/vault.signed": signed}))


def run(cluster, name, script, image, node, epc=10):
    """Runs a pod to its end; returns its phase and its log."""
    cluster.pods.create(pod(name, container("c", script, epc=epc, image=image),
                            restartPolicy="Never", **on_node(node)))
    phase = cluster.pods.wait_end(name)
    return phase, cluster.logs(name)


def sealed(log):
    return re.search(r"sealed (\S+)", log).group(1)


def test_sealed_data_outlives_the_pod_on_the_same_node_only(cluster, nodes, glibc):
    here, there = nodes
    phase, log = run(cluster, "seals", SEAL.format("swordfish"), glibc, here)
    assert phase == "Succeeded", log
    cluster.pods.delete("seals")
    secret = sealed(log)
    phase, log = run(cluster, "opens", OPEN.format(secret), glibc, here)
    assert (phase, log.strip()) == ("Succeeded", "swordfish")
    phase, log = run(cluster, "elsewhere", OPEN.format(secret), glibc, there)
    assert phase == "Failed" and "refused" in log and "swordfish" not in log


def test_a_musl_image_runs_and_reads_what_the_glibc_image_sealed(cluster, nodes, glibc, musl):
    phase, log = run(cluster, "seals", SEAL.format("xyzzy"), glibc, nodes[0])
    assert phase == "Succeeded", log
    phase, log = run(cluster, "opens", OPEN.format(sealed(log)), musl, nodes[0])
    assert (phase, log.strip()) == ("Succeeded", "xyzzy")


def test_an_enclave_larger_than_the_request_is_refused_and_nobody_else_is_hurt(
        cluster, nodes, glibc, big):
    work = "trap 'exit 0' TERM; while :; do " + SEAL.format("x") + "; sleep 0.2; done"
    cluster.pods.create(pod("neighbour", container("c", work, epc=10, image=glibc),
                            **on_node(nodes[0])))
    before = identity(cluster.pods.wait_running("neighbour"))
    cluster.pods.wait_log("neighbour", "sealed")

    phase, log = run(cluster, "greedy", SEAL.format("x"), big, nodes[0], epc=10)
    assert phase == "Failed"
    assert "Cannot allocate memory" in log, log
    phase, log = run(cluster, "modest", SEAL.format("x"), big, nodes[0], epc=30)
    assert phase == "Succeeded", log

    count = cluster.logs("neighbour").count("sealed")
    cluster.pods.wait_log("neighbour", "sealed", minimum=count + 2)
    assert identity(cluster.pods.status("neighbour")) == before


def test_two_containers_of_a_pod_attest_to_each_other(cluster, nodes, pair):
    shared = [{"name": "shared", "mountPath": "/shared"}]
    listen = "/local-attestation /alice.signed listen /shared/socket"
    connect = ("until [ -S /shared/socket ]; do sleep 0.1; done;"
               " /local-attestation /bob.signed connect /shared/socket")
    cluster.pods.create(pod(
        "pair", container("alice", listen, epc=10, image=pair, volumeMounts=shared),
        container("bob", connect, epc=10, image=pair, volumeMounts=shared),
        restartPolicy="Never", volumes=[{"name": "shared", "emptyDir": {}}], **on_node(nodes[0])))
    phase = cluster.pods.wait_end("pair")
    said = {name: cluster.logs("pair", name) for name in ("alice", "bob")}
    assert phase == "Succeeded", said


def test_a_power_cut_frees_the_epc_and_sealed_data_still_opens(cluster, nodes, glibc, big):
    node = nodes[0]
    phase, log = run(cluster, "seals", SEAL.format("plugh"), glibc, node)
    assert phase == "Succeeded", log
    work = "trap 'exit 0' TERM; while :; do " + SEAL.format("x") + "; done"
    cluster.pods.create(pod("holder", container("c", work, epc=40, image=big), **on_node(node)))
    cluster.pods.wait_log("holder", "sealed")

    node.power_cut()
    cluster.pods.forget_node(node)
    node.power_on()
    node.agent = Agent(node, "64Mi").wait_until_ready()
    cluster.wait_until_ready(node)
    opens = container("c", OPEN.format(sealed(log)), epc=60, image=glibc)
    cluster.pods.create_like_a_controller(
        pod("opens", opens, restartPolicy="Never", **on_node(node)), phases=("Succeeded", "Failed"))
    assert cluster.logs("opens").strip() == "plugh"
