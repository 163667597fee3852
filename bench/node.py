#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of the node agent: memory, device list, Allocate, size of the binaries, idle time."""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(SOURCE / "tests" / "process"), str(SOURCE / "tests" / "support")]

from agent import EPC, Agent, Kubelet  # noqa: E402

IDLE_S = 60
LARGE = 262144


def first():
    """Words before a command that make it run before other work: latencies shall be the agent's,
    whatever else the machine does."""
    words = ["chrt", "--fifo", "1"]
    may = subprocess.run([*words, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return words if may else []


FIRST = first()


def figure(name, value, unit, bar):
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "bar": bar,
                      "better": "lower"}), flush=True)


class Node:
    """An agent and a kubelet that watches it."""

    def __init__(self, build, epc, devices):
        self.directory = tempfile.TemporaryDirectory(prefix="coffer-")
        self.agent = Agent(build, self.directory.name, "--profile=aks", epc=epc)
        self.agent.command.remove("--log=debug")
        self.agent.command[:0] = FIRST
        self.kubelet = Kubelet(self.agent.kubelet_dir)
        self.kubelet.start()
        self.agent.start()
        self.kubelet.wait(lambda: self.kubelet.allocatable(EPC) == devices, timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kubelet.stop()
        self.agent.stop()
        self.directory.cleanup()

    def rss_mib(self):
        time.sleep(3)
        return self.agent.memory_kib() / 1024



def calls(build, node, ids, times, *options):
    """p50, p99 and worst round trip in ms."""
    run = subprocess.run([*FIRST, build / "bench" / "bench_node_calls", node.agent.socket(),
                          str(LARGE),
                          str(ids), str(times), *options],
                         stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    return [float(word) for word in run.stdout.split()]


def idle_cpu_s(node):
    """Processor time from /proc/PID/schedstat, whose unit is a nanosecond."""
    path = pathlib.Path(f"/proc/{node.agent.process.pid}/schedstat")
    before = int(path.read_text().split()[0])
    time.sleep(IDLE_S)
    return (int(path.read_text().split()[0]) - before) / 1e9


def stripped_mib(build, name):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strip", "-o", out.name, build / name], check=True)
        return os.stat(out.name).st_size / (1 << 20)


HOSTILE = [
    b"",  # silent
    b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 7900,  # an unfinished head
    b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100,  # answers that nobody reads
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",  # idle after one request
]


def connect(node):
    return socket.create_connection(("127.0.0.1", node.agent.port), 10)


def probe_ms(node):
    start = time.monotonic()
    with connect(node) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        if not sock.recv(64).startswith(b"HTTP/1.1 200"):
            sys.exit("bench/node.py: an honest probe is not answered")
    return (time.monotonic() - start) * 1000


def hostile(node, connections=10000, held_max=900):
    """The largest growth in MiB and the slowest honest probe in ms under hostile connections."""
    before, growth, slowest, held = node.agent.memory_kib(), 0, 0, []
    for number in range(connections):
        sock = connect(node)
        try:
            sock.sendall(HOSTILE[number % len(HOSTILE)])
        except OSError:
            pass
        held.append(sock)
        if len(held) > held_max:
            held.pop(0).close()
        if number % 100 == 0:
            slowest = max(slowest, probe_ms(node))
            growth = max(growth, node.agent.memory_kib() - before)
    for sock in held:
        sock.close()
    return growth / 1024, slowest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    if os.geteuid() != 0:
        sys.exit("bench/node.py: device nodes are made by root only")
    with Node(build, "168Mi", 168) as node:
        for i in range(20):
            node.kubelet.admit(f"pod-{i}", EPC, 8)
        figure("node.rss_168", node.rss_mib(), "MiB", 4)
        growth, slowest = hostile(node)
        figure("node.http_hostile_mib", growth, "MiB", 4)
        figure("node.http_hostile_probe_ms", slowest, "ms", 100)
        figure("node.idle_cpu_s_per_hour", idle_cpu_s(node) * 3600 / IDLE_S, "s", 1)
    with Node(build, "256Gi", LARGE) as node:
        figure("node.list_262144_bytes", max(node.kubelet.plugins[EPC].list_sizes), "bytes",
               4194304)
        figure("node.allocate_32768_p99_ms", calls(build, node, 32768, 500)[1], "ms", 20)
        figure("node.allocate_1_p99_ms", calls(build, node, 1, 20000, "list")[1], "ms", 2)
        node.kubelet.admit("large", EPC, 32768)
        figure("node.rss_262144", node.rss_mib(), "MiB", 10)
    figure("node.binary_mib",
           sum(stripped_mib(build, name) for name in ("coffer", "coffer-node")), "MiB", 1.5)


if __name__ == "__main__":
    main()
