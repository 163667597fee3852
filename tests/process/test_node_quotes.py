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


UP = 'coffer_service_up{service="quote-helper"}'


def test_a_helper_that_cannot_start_is_told(agent, root):
    kubelet = Kubelet(root / "kubelet")
    kubelet.start()
    keys = root / "state" / "quote-helper"
    keys.mkdir(parents=True, mode=0o700)
    keys.chmod(0o777)  # others could replace the keys
    (keys / "quoting-enclave.sealed").write_bytes(b"")
    agent.start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    wait_for(lambda: agent.get("/readyz")[0] == 503 and "quote-helper: ended" in
             agent.get("/readyz")[1],
             agent.log_text())
    wait_for(lambda: agent.metrics()[UP] == 0, "metric")
    (keys / "quoting-enclave.sealed").unlink()
    keys.chmod(0o700)
    wait_for(lambda: agent.get("/readyz")[0] == 200, agent.log_text(), timeout=60)
    assert agent.metrics()[UP] == 1
    agent.stop()
    kubelet.stop()


def test_options_reach_the_helper(build, root):
    agent = Agent(build, root, "--quote-helper", f"--aesm-dir={root}/aesmd", "--quote-rate=1",
                  "--quote-burst=2", f"--quote-ca={root}/authority")
    agent.start()
    path = root / "aesmd" / "aesm.socket"
    wait_for(lambda: aesm.init(path), agent.log_text())
    codes = [aesm.ask(path, aesm.SIZE_EX, (1, aesm.KEY_ID))[1][1] for _ in range(6)]
    assert 19 in codes
    assert (root / "authority" / "authority.pem").exists()
    agent.stop()


def test_a_helper_that_runs_by_itself_serves_the_containers(build, root):
    kubelet = Kubelet(root / "kubelet")
    kubelet.start()
    agent = Agent(build, root, "--quote-sockets", f"--aesm-dir={root}/aesmd")
    agent.start()
    kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
    grant = kubelet.admit("web", EPC, 10)
    own = next(pathlib.Path(mount[1]) for mount in grant["mounts"] if mount[0] == "/var/run/aesmd")
    assert grant["envs"]["SGX_AESM_ADDR"] == "1" and own.is_dir()
    assert not (root / "aesmd" / "aesm.socket").exists()
    helper = aesm.Helper(build, root, f"--container-sockets={root}/aesmd/containers")
    wait_for(lambda: aesm.init(own / "aesm.socket"), helper.text())
    helper.stop()
    agent.stop()
    kubelet.stop()
