# SPDX-License-Identifier: Apache-2.0
"""coffer node --quote-helper: a container gets the socket with its EPC, and quotes through
restarts."""
import pathlib
import shutil
import tempfile
import time

import pytest

import aesm_client as aesm
from agent import EPC, Agent, Kubelet


@pytest.fixture
def root():
    """A short path: sockets lie below it"""
    path = pathlib.Path(tempfile.mkdtemp(prefix="coffer-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def agent(build, root):
    a = Agent(build, root, "--quote-helper", f"--aesm-dir={root}/aesmd")
    yield a
    if a.process and a.process.poll() is None:
        a.kill()


def wait_for(condition, what, timeout=20):
    end = time.monotonic() + timeout
    while True:
        try:
            if value := condition():
                return value
        except (OSError, AssertionError):
            pass
        assert time.monotonic() < end, what
        time.sleep(0.05)


def node_quote(agent, directory, data):
    """A quote through the mounted directory, as a pod's enclave asks for it"""
    path = pathlib.Path(directory) / "aesm.socket"
    target = wait_for(lambda: aesm.init(path)[0], agent.log_text())
    secret = (agent.root / "state" / "platform" / "secret").read_bytes()
    return aesm.quote(path, aesm.report(secret, target, data))


def test_a_pod_with_epc_gets_quotes_and_keeps_them_through_restarts(agent, coffer, root):
    kubelet = Kubelet(root / "kubelet")
    kubelet.start()
    agent.start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    grant = kubelet.admit("web", EPC, 10)
    host = next(mount[1] for mount in grant["mounts"] if mount[0] == "/var/run/aesmd")
    assert pathlib.Path(host).parent == root / "aesmd" / "containers"

    quote = node_quote(agent, host, b"before")
    (root / "quote").write_bytes(quote)
    collateral = root / "state" / "collateral"
    run = coffer("verify", "--collateral", collateral, "--trust-root", collateral / "root.pem",
                 root / "quote")
    assert run.returncode == 0, run.stdout

    agent.stop()
    agent.start()
    assert node_quote(agent, host, b"upgraded")[500:564] == quote[500:564]
    agent.kill()
    agent.start()
    assert node_quote(agent, host, b"crashed")[500:564] == quote[500:564]
    agent.stop()
    kubelet.stop()
