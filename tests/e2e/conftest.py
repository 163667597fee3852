# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests: one cluster for the whole run."""

import fcntl
import os
import pathlib
import shutil
import signal

import pytest

from coffer_e2e import toolchain
from coffer_e2e.agent import confidential_node
from coffer_e2e.cluster import Cluster

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STATE = pathlib.Path("/var/tmp/coffer-e2e")
LOCK = pathlib.Path("/run/lock/coffer-e2e.lock")
KUBERNETES = os.environ.get("K8S") or toolchain.NEWEST


def pytest_configure():
    """A run that is told to end (by a CI's time limit, say) still takes its cluster down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _tools():
    directories = toolchain.Builder(toolchain.cache_root()).ensure(KUBERNETES)
    return {program.name: program for d in directories for program in d.iterdir()}


def _keep_logs(state):
    """The logs of every machine, for whoever asks why a test failed."""
    kept = pathlib.Path(os.environ.get("COFFER_BUILD", SOURCE / "build")) / "e2e-logs"
    shutil.rmtree(kept, ignore_errors=True)
    for log in state.glob("*/logs/*.log"):
        target = kept / log.parent.parent.name / log.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, target)


@pytest.fixture(scope="session")
def cluster():
    """A control plane without nodes. One cluster at a time on a machine: others wait."""
    tools = _tools()
    with open(LOCK, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Cluster(STATE, tools)
        try:
            made.start()
            yield made
        finally:
            _keep_logs(made.directory)
            made.stop()


@pytest.fixture(autouse=True)
def tidy(request):
    """Leaves no pod of a test to the next one."""
    yield
    if "cluster" in request.fixturenames:
        request.getfixturevalue("cluster").pods.delete_all()


@pytest.fixture(scope="session")
def confidential(cluster):
    """A node with 168 MiB of EPC, on the software platform: the size of Azure's DC8_v2."""
    return confidential_node(cluster, "168Mi")


@pytest.fixture(scope="session")
def plain(cluster):
    """A node without the agent."""
    return cluster.add_node()
