# SPDX-License-Identifier: Apache-2.0
"""The SDK and its examples on the software platform: real ENCLU, through `coffer run`."""
import os
import re
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from sgx_model import Elf, Layout, container, mrenclave, sigstruct


@pytest.fixture(scope="session")
def run_on(build):
    """run_on(state)(command...) runs a program on the platform with its secret in `state`."""
    if not (build / "libcoffer-sgx.so").exists():
        pytest.skip("this build has no software platform")

    def on(state):
        def run(*command, popen=False):
            words = [str(build / "coffer"), "run", f"--state={state}", "--", *map(str, command)]
            if popen:
                return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
            return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        return run
    return on


@pytest.fixture
def node(run_on, tmp_path):
    return run_on(tmp_path / "node")


def probe_tests():
    source = os.path.join(os.path.dirname(__file__), "..", "enclave", "probe_host.c")
    with open(source, encoding="utf-8") as file:
        return re.findall(r"(?:live_test|plain_test|unit_test)\((\w+)\),", file.read())


@pytest.mark.parametrize("name", probe_tests())
def test_runtime(node, build, name):
    folder = build / "tests" / "enclave"
    run = node(folder / "probe", folder / "probe.signed", folder / "probe-plain.signed", name)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 test(s)" in run.stdout + run.stderr


@pytest.mark.parametrize("program", ["vault", "vault-musl"])
def test_vault_survives_a_restart(node, build, tmp_path, program):
    folder, sealed = build / "examples" / "vault", tmp_path / "sealed"
    if not (folder / program).exists():
        pytest.skip("no musl-gcc when this was built")
    put = node(folder / program, folder / "vault-first.signed", sealed, "put", "the secret")
    assert put.returncode == 0, put.stderr
    assert b"the secret" not in sealed.read_bytes()
    get = node(folder / program, folder / "vault-first.signed", sealed, "get")
    assert (get.returncode, get.stdout) == (0, "the secret\n"), get.stderr


@pytest.mark.parametrize("other", ["vault-second", "vault-changed-first", "vault-changed-second"])
def test_vault_refuses_other_code_and_other_signers(node, build, tmp_path, other):
    folder, sealed = build / "examples" / "vault", tmp_path / "sealed"
    assert node(folder / "vault", folder / "vault-first.signed", sealed, "put", "x").returncode == 0
    get = node(folder / "vault", folder / f"{other}.signed", sealed, "get")
    assert (get.returncode, get.stdout) == (1, "")
    assert "refused" in get.stderr


def test_vault_refuses_another_machine(run_on, build, tmp_path):
    folder, sealed = build / "examples" / "vault", tmp_path / "sealed"
    here, there = run_on(tmp_path / "here"), run_on(tmp_path / "there")
    assert here(folder / "vault", folder / "vault-first.signed", sealed, "put", "x").returncode == 0
    assert there(folder / "vault", folder / "vault-first.signed", sealed, "get").returncode == 1
    assert here(folder / "vault", folder / "vault-first.signed", sealed, "get").stdout == "x\n"


def test_vault_refuses_every_changed_byte(node, build, tmp_path):
    folder, sealed = build / "examples" / "vault", tmp_path / "sealed"
    assert node(folder / "vault", folder / "vault-first.signed", sealed, "put", "x").returncode == 0
    whole = sealed.read_bytes()
    for at in range(0, len(whole), 16):
        mutant = bytearray(whole)
        mutant[at] ^= 1
        sealed.write_bytes(mutant)
        get = node(folder / "vault", folder / "vault-first.signed", sealed, "get")
        assert (get.returncode, get.stdout) == (1, ""), f"byte {at}"


def test_changed_enclave_does_not_load(node, build, tmp_path):
    folder = build / "examples" / "vault"
    whole = (folder / "vault-first.signed").read_bytes()
    changed = tmp_path / "changed.signed"
    for at, reason in ((0x1000, "EINIT"), (len(whole) - 1824 + 960, "EINIT"),
                       (len(whole) - 1824 + 520, "EINIT"), (len(whole) - 1952 + 9, "EINIT")):
        mutant = bytearray(whole)
        mutant[at] ^= 0x20
        changed.write_bytes(mutant)
        put = node(folder / "vault", changed, tmp_path / "sealed", "put", "x")
        assert put.returncode == 2 and reason in put.stderr, put.stderr
    assert not (tmp_path / "sealed").exists()


def test_enclave_signed_by_the_model_loads(node, build, tmp_path):
    """EINIT accepts a SIGSTRUCT of another implementation, and sealed data stays valid."""
    folder, path = build / "examples" / "vault", tmp_path / "model.signed"
    key = serialization.load_pem_private_key((build / "examples" / "first.pem").read_bytes(), None)
    elf = (folder / "vault.enclave").read_bytes()
    settings = {"heap": 256 << 10}
    wire = sigstruct(key, mrenclave(Layout(Elf(elf), **settings)), product_id=1, svn=1)
    path.write_bytes(container(elf, wire, product_id=1, svn=1, **settings))
    assert node(folder / "vault", path, tmp_path / "sealed", "put", "x").returncode == 0
    # the same code, signer, product and version as the example: the same enclave
    get = node(folder / "vault", folder / "vault-first.signed", tmp_path / "sealed", "get")
    assert get.stdout == "x\n", get.stderr


def attest(listener, connector, build, socket):
    folder = build / "examples" / "local-attestation"
    alice = listener(folder / "local-attestation", folder / "alice.signed", "listen", socket,
                     popen=True)
    try:
        for _ in range(500):
            if socket.exists():
                break
            time.sleep(0.02)
        bob = connector(folder / "local-attestation", folder / "bob.signed", "connect", socket)
        out, err = alice.communicate(timeout=60)
    finally:
        alice.kill()
    return (alice.returncode, out, err), (bob.returncode, bob.stdout, bob.stderr)


def test_local_attestation_on_one_platform(run_on, coffer, build, tmp_path):
    node = run_on(tmp_path / "node")
    alice, bob = attest(node, node, build, tmp_path / "s")
    assert alice[0] == 0 and bob[0] == 0, (alice, bob)
    folder = build / "examples" / "local-attestation"
    for said, name in ((alice[1], "bob"), (bob[1], "alice")):
        assert said.startswith("the peer runs on this platform\n")
        measured = coffer("measure", folder / f"{name}.signed").stdout.split()
        assert f"mrenclave {measured[1]}\nmrsigner {measured[3]}\n" in said


def test_local_attestation_refuses_another_platform(run_on, build, tmp_path):
    alice, bob = attest(run_on(tmp_path / "one"), run_on(tmp_path / "two"), build, tmp_path / "s")
    for status, out, err in (alice, bob):
        assert (status, out) == (1, "")
        assert "not authentic" in err
