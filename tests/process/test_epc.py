# SPDX-License-Identifier: Apache-2.0
"""The EPC of a software node, with real enclaves: 64 MiB, holders of 30 MiB and one of 80 MiB."""
import os
import signal
import socket
import struct
import subprocess
import time

import pytest

NODE = "64Mi"


@pytest.fixture
def hold(build, tmp_path):
    """hold(size, mode) starts a holder; gives the process after it has said something or ended."""
    if not (build / "libcoffer-sgx.so").exists():
        pytest.skip("this build has no software platform")
    running = []

    def start(size, mode):
        folder = build / "tests" / "enclave"
        process = subprocess.Popen(
            [build / "coffer", "run", "--quiet", f"--epc={NODE}", f"--epc-overcommit={mode}",
             f"--state={tmp_path / 'node'}", "--", folder / "hold",
             folder / f"hold-{size}.signed"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        process.first_line = process.stdout.readline()
        return process
    yield start
    for process in running:
        process.kill()
        process.wait()


def finish(process):
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def application_of(process):
    """The pid of the holder that `coffer run` started."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        for pid in file.read().split():
            with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                if comm.read() == "hold\n":
                    return int(pid)
    raise AssertionError("no holder")


def test_third_is_refused_until_the_first_is_killed(hold):
    first, second = hold("30mib", "refuse"), hold("30mib", "refuse")
    assert first.first_line == second.first_line == "loaded\n"
    third = hold("30mib", "refuse")
    status, err = finish(third)
    assert status == 1 and "Cannot allocate memory" in err, err
    os.kill(application_of(first), signal.SIGKILL)
    assert first.wait(timeout=20) == 128 + signal.SIGKILL
    deadline = time.monotonic() + 20
    while True:
        again = hold("30mib", "refuse")
        if again.first_line == "loaded\n":
            break
        assert time.monotonic() < deadline, again.stderr.read()
        time.sleep(0.1)
    assert finish(again)[0] == 0
    assert finish(second)[0] == 0


def test_paging_lets_all_run(hold):
    holders = [hold("30mib", "page") for _ in range(3)] + [hold("80mib", "page")]
    for holder in holders:
        assert holder.first_line == "loaded\n", holder.stderr.read()
    for holder in holders:
        assert finish(holder) == (0, "")


def test_larger_than_the_node_is_refused_without_paging(hold):
    status, err = finish(hold("80mib", "refuse"))
    assert status == 1 and "Cannot allocate memory" in err


def ledger_of(node):
    """The pid of the process that serves the node's ledger."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(str(node / "ledger.sock"))
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("iii", peer)[0]


def test_a_ledger_that_a_power_cut_left_behind(hold, tmp_path):
    """Socket and lock are there, nobody serves them: the node counts from nothing."""
    first, second = hold("30mib", "refuse"), hold("30mib", "refuse")
    assert first.first_line == second.first_line == "loaded\n"
    server = ledger_of(tmp_path / "node")
    for pid in [server, application_of(first), application_of(second)]:
        os.kill(pid, signal.SIGKILL)
    for process in [first, second]:
        process.wait(timeout=20)
    assert (tmp_path / "node" / "ledger.sock").exists()
    first, second = hold("30mib", "refuse"), hold("30mib", "refuse")
    assert first.first_line == second.first_line == "loaded\n", first.stderr.read()
    assert ledger_of(tmp_path / "node") != server
    status, err = finish(hold("30mib", "refuse"))
    assert status == 1 and "Cannot allocate memory" in err
    assert finish(first) == finish(second) == (0, "")


def test_an_enclave_outlives_the_ledger(hold, tmp_path):
    holder = hold("30mib", "refuse")
    os.kill(ledger_of(tmp_path / "node"), signal.SIGKILL)
    assert hold("30mib", "refuse").first_line == "loaded\n"
    assert finish(holder) == (0, "")
