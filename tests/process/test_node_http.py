# SPDX-License-Identifier: Apache-2.0
"""The agent's port for metrics and probes under attack: memory is bounded and given back, an honest
probe is answered, and requests that two readers could understand in two ways are refused."""
import os
import resource
import socket
import tempfile

import pytest

from agent import Agent
from wire import drain

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="device nodes are made by root only")

GROWTH_BOUND_KIB = 4 * 1024
HOSTILE = 10000
PROBE_EVERY = 500
GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def agent(build):
    with tempfile.TemporaryDirectory(prefix="coffer-") as root:
        running = Agent(build, root).start()
        yield running
        assert running.process.poll() is None
        assert running.stop() == 0


@pytest.fixture(autouse=True)
def alive(agent):
    """Whatever a test did, memory and descriptors are those of before."""
    before, files = settled_kib(agent), agent.descriptors()
    yield
    agent.wait(lambda: agent.descriptors() <= files)
    agent.wait(lambda: agent.memory_kib() < before + GROWTH_BOUND_KIB)
    assert agent.get("/healthz")[0] == 200


def settled_kib(agent):
    agent.get("/metrics")
    return agent.memory_kib()


def connect(agent):
    sock = socket.create_connection(("127.0.0.1", agent.port))
    sock.settimeout(60)
    return sock


def probe(agent):
    sock = connect(agent)
    sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert drain(sock).startswith(b"HTTP/1.1 200 OK\r\n")


def flood(agent, message, count=HOSTILE):
    """Connections that send @message and stay, with honest probes between them; gives the largest
    growth that was seen, in KiB."""
    before, worst, held = settled_kib(agent), 0, []
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for number in range(count):
        sock = connect(agent)
        try:
            sock.sendall(message)
        except OSError:
            pass
        held.append(sock)
        if len(held) > min(limit - 256, 900):
            held.pop(0).close()
        if number % PROBE_EVERY == 0:
            probe(agent)
            worst = max(worst, agent.memory_kib() - before)
    probe(agent)
    worst = max(worst, agent.memory_kib() - before)
    for sock in held:
        sock.close()
    return worst


@pytest.mark.parametrize("message", [
    b"", b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 7900, (GET % b"/metrics") * 100,
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=["silent", "unfinished", "unread", "idle"])
def test_ten_thousand_connections(agent, message):
    assert flood(agent, message) < GROWTH_BOUND_KIB


def test_an_attack_is_seen_in_the_metrics(agent):
    before = agent.metrics()
    flood(agent, b"", count=200)
    sock = connect(agent)
    sock.sendall(b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
    drain(sock)
    after = agent.metrics()
    room = 'coffer_http_closed_total{reason="room"}'
    assert after[room] >= before[room] + 100
    assert after["coffer_http_refused_total"] == before["coffer_http_refused_total"] + 1
    assert after["coffer_http_requests_total"] > before["coffer_http_requests_total"]
    assert after["coffer_http_pauses_total"] == before["coffer_http_pauses_total"]


def test_a_peer_that_pipelines_and_does_not_read(agent):
    """64 MiB within a second took libevent's server, whose input had no bound."""
    before = settled_kib(agent)
    sock = connect(agent)
    sock.settimeout(1)
    sent = 0
    with pytest.raises(TimeoutError):
        for _ in range(1000):
            sent += sock.send((GET % b"/metrics") * 2000)
    assert sent < 16 * 1024 * 1024
    probe(agent)
    assert agent.memory_kib() < before + GROWTH_BOUND_KIB
    sock.close()


def test_more_connections_than_descriptors(agent):
    """With few descriptors left, probes and the kubelet still find one."""
    limits = resource.prlimit(agent.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(agent.process.pid, resource.RLIMIT_NOFILE, (100, limits[1]))
    try:
        flood(agent, b"", count=400)
        assert agent.descriptors() < 100
    finally:
        resource.prlimit(agent.process.pid, resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\nHost: x\n\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"0\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 413),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"1\r\nx\r\n0\r\n\r\n", 413),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    (b"POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405),
    (b"GET /../status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
    (b"GET /%73tatus HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600, 400),
    (b"GET /" + b"a" * 9000, 414),
    (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100 + b"\r\n", 431),
], ids=lambda value: repr(value)[:40])
def test_refused_requests(agent, request_bytes, status):
    sock = connect(agent)
    sock.sendall(request_bytes)
    sock.shutdown(socket.SHUT_WR)
    assert drain(sock).split(b" ")[1] == str(status).encode()


def test_a_request_hidden_in_another_is_not_served(agent):
    """After a refusal the rest of the connection's bytes is not read as requests."""
    sock = connect(agent)
    sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET % b"/metrics")
    sock.shutdown(socket.SHUT_WR)
    assert drain(sock).count(b"HTTP/1.1 ") == 1
