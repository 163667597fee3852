# SPDX-License-Identifier: Apache-2.0
"""Peers of the agent that break rules: a gRPC error or a back-off, a log line, bounded memory."""
import os
import pathlib
import socket
import struct
import tempfile
import threading

import pytest

from agent import EPC, Agent, Kubelet
from wire import Refused, dial, drain, field, frame

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="device nodes are made by root only")

PLUGIN = "/v1beta1.DevicePlugin/"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4
RSS_BOUND_KIB = 24 * 1024


@pytest.fixture(scope="module")
def agent(build):
    """One agent with a large list for all tests: it must outlive them."""
    with tempfile.TemporaryDirectory(prefix="coffer-") as root:
        running = Agent(build, root, "--profile=aks", epc="256Gi").start()
        running.socket()
        yield running
        assert running.process.poll() is None
        assert running.stop() == 0


@pytest.fixture(autouse=True)
def alive(agent):
    """Whatever a test did, the agent answers a good peer and its memory is bounded."""
    yield
    connection = dial(agent.socket())
    assert connection.call(PLUGIN + "GetDevicePluginOptions") == b"\x10\x01"
    connection.close()
    assert agent.get("/healthz")[0] == 200
    assert agent.memory_kib() < RSS_BOUND_KIB


def h2_frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def hpack(*pairs):
    """Literal fields without indexing, without Huffman (RFC 7541 6.2.2)."""
    return b"".join(b"\0" + bytes([len(n)]) + n.encode() + bytes([len(v)]) + v.encode()
                    for n, v in pairs)


def request_head(method, http_method="POST", content_type="application/grpc"):
    return hpack((":method", http_method), (":scheme", "http"), (":path", PLUGIN + method),
                 (":authority", "localhost"), ("content-type", content_type))


def connect(agent, preface=True):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(str(agent.socket()))
    if preface:
        sock.sendall(PREFACE + h2_frame(SETTINGS, 0, 0))
    return sock


@pytest.mark.parametrize("noise", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 4096, b"\xff" * 100, PREFACE[:10] + b"?" * 30,
    PREFACE + b"\xff" * 64,
    PREFACE + h2_frame(SETTINGS, 0, 0) + h2_frame(DATA, 0, 0, b"x"),
    PREFACE + h2_frame(SETTINGS, 0, 0) + h2_frame(HEADERS, END_HEADERS, 2, b"\x80"),
    PREFACE + h2_frame(SETTINGS, 0, 0) + h2_frame(HEADERS, END_HEADERS, 1, b"\xff" * 20),
    PREFACE + h2_frame(SETTINGS, 0, 3) + h2_frame(PING, 0, 0, b"short"),
])
def test_malformed_http2(agent, noise):
    before = agent.log_text().count("a peer broke the protocol")
    sock = connect(agent, preface=False)
    sock.sendall(noise)
    drain(sock)
    agent.wait(lambda: agent.log_text().count("a peer broke the protocol") > before)


def test_a_peer_that_says_nothing_is_sent_away(agent):
    sock = connect(agent, preface=False)
    drain(sock)
    assert "no HTTP/2 preface in time" in agent.log_text()


def test_endless_header_block(agent):
    sock = connect(agent)
    sock.sendall(h2_frame(HEADERS, 0, 1, request_head("Allocate")))
    piece = h2_frame(CONTINUATION, 0, 1, hpack(*[(f"x-{i}", "v" * 100) for i in range(100)]))
    try:
        for _ in range(1000):
            sock.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    drain(sock)


@pytest.mark.parametrize("method", ["Allocate", "GetPreferredAllocation"])
@pytest.mark.parametrize("message", [
    b"\x0a", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\x0a\x05", b"\x80" * 30, b"\x0b\x0c",
    field(1, b"\x0a\x03AAA\x0a"), b"\x0a\x03\x0a\xff\xff"])
def test_malformed_protobuf(agent, method, message):
    connection = dial(agent.socket())
    with pytest.raises(Refused) as refused:
        connection.call(PLUGIN + method, message)
    assert refused.value.code == 3
    connection.close()


@pytest.mark.parametrize("ids", [["nope"], [""], ["0"], ["AAAA"], ["A A"], ["\u00e9A"],
                                 ["AAA", "AAA"]])
def test_unknown_and_repeated_devices(agent, ids):
    connection = dial(agent.socket())
    with pytest.raises(Refused) as refused:
        connection.call(PLUGIN + "Allocate", field(1, field(1, ids)))
    assert refused.value.code == 3
    connection.close()


def test_preferred_sizes_that_cannot_be(agent):
    connection = dial(agent.socket())
    for request in (field(3, 5), field(1, ["AAA"]) + field(3, 2), field(3, (1 << 64) - 1)):
        with pytest.raises(Refused) as refused:
            connection.call(PLUGIN + "GetPreferredAllocation", field(1, request))
        assert refused.value.code == 3
    connection.close()


def test_unknown_method(agent):
    connection = dial(agent.socket())
    with pytest.raises(Refused) as refused:
        connection.call("/v1beta1.DevicePlugin/Nothing")
    assert refused.value.code == 12
    connection.close()


@pytest.mark.parametrize("body, status", [
    (b"\0\xff\xff\xff\xff", b"8"), (b"\1" + frame(b"x")[1:], b"13"), (b"\0\0\0\0\5x", b"13"),
    (frame(b"") + frame(b""), b"13"), (b"", b"13")])
def test_bad_framing(agent, body, status):
    sock = connect(agent)
    sock.sendall(h2_frame(HEADERS, END_HEADERS, 1, request_head("Allocate")) +
                 h2_frame(DATA, END_STREAM, 1, body))
    said = b""
    while b"grpc-message" not in said and b"\x9a\xca" not in said and len(said) < 4096:
        data = sock.recv(4096)
        assert data
        said += data
        if h2_status(said):
            break
    assert h2_status(said) == status
    sock.close()


def h2_status(said):
    """grpc-status in the frames, decoded by the h2 project's HPACK."""
    import hpack as hpack_library
    decoder = hpack_library.Decoder()
    at = 0
    while at + 9 <= len(said):
        size = int.from_bytes(said[at:at + 3], "big")
        if said[at + 3] == HEADERS and at + 9 + size <= len(said):
            fields = dict(decoder.decode(said[at + 9:at + 9 + size], raw=True))
            if b"grpc-status" in fields:
                return fields[b"grpc-status"]
        at += 9 + size
    return None


@pytest.mark.parametrize("http_method, content_type", [
    ("GET", "application/grpc"), ("POST", "text/html")])
def test_not_grpc(agent, http_method, content_type):
    sock = connect(agent)
    sock.sendall(h2_frame(HEADERS, END_HEADERS | END_STREAM, 1,
                          request_head("Allocate", http_method, content_type)))
    said = b""
    while h2_status(said) is None:
        said += sock.recv(4096)
    assert h2_status(said) == b"3"
    sock.close()


def test_large_request_is_taken_and_a_giant_one_refused(agent):
    connection = dial(agent.socket())
    with pytest.raises(Refused) as refused:
        connection.call(PLUGIN + "Allocate", field(1, field(1, ["???"] * 800000)), timeout=60)
    assert refused.value.code == 3
    with pytest.raises(Refused) as refused:
        connection.call(PLUGIN + "Allocate", b"\0" * (7 << 20), timeout=60)
    assert refused.value.code == 8
    connection.close()


def test_resets_in_floods(agent):
    sock = connect(agent)
    try:
        for i in range(20000):
            stream = 2 * i + 1
            sock.sendall(h2_frame(HEADERS, END_HEADERS | END_STREAM, stream,
                                  request_head("ListAndWatch")) +
                         h2_frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))
    except (BrokenPipeError, ConnectionResetError, TimeoutError):
        pass
    sock.close()


@pytest.mark.parametrize("piece", [h2_frame(PING, 0, 0, b"12345678"), h2_frame(SETTINGS, 0, 0)])
def test_floods_of_control_frames(agent, piece):
    sock = connect(agent)
    sock.settimeout(2)
    try:
        for _ in range(2000):
            sock.sendall(piece * 100)
    except (BrokenPipeError, ConnectionResetError, TimeoutError):
        pass
    sock.close()


def test_more_connections_than_allowed(agent):
    """The newcomer is served while others hold all places."""
    socks = [connect(agent) for _ in range(40)]
    connection = dial(agent.socket())
    assert connection.call(PLUGIN + "GetDevicePluginOptions") == b"\x10\x01"
    connection.close()
    for sock in socks:
        sock.close()


def test_a_kubelet_that_does_not_read(agent):
    """Its list waits; others are served."""
    open_list = h2_frame(HEADERS, END_HEADERS, 1, request_head("ListAndWatch")) + \
        h2_frame(DATA, END_STREAM, 1, frame(b""))
    window = h2_frame(8, 0, 0, struct.pack(">I", 1 << 24))
    socks = [connect(agent) for _ in range(8)]
    for sock in socks:
        sock.sendall(window + h2_frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 24)) + open_list)
    connection = dial(agent.socket())
    stream = connection.open(PLUGIN + "ListAndWatch", b"")
    assert len(stream.next(60)) == 4194304
    connection.close()
    assert agent.memory_kib() < RSS_BOUND_KIB
    for sock in socks:
        sock.close()


def test_a_kubelet_that_closes_in_the_middle_of_a_list(agent):
    for size in range(1, 60000, 2999):
        sock = connect(agent)
        sock.sendall(h2_frame(HEADERS, END_HEADERS, 1, request_head("ListAndWatch")) +
                     h2_frame(DATA, END_STREAM, 1, frame(b"")))
        while size > 0 and (data := sock.recv(size)):
            size -= len(data)
        sock.close()


def test_ten_thousand_reconnects_leak_nothing(agent):
    hello = PREFACE + h2_frame(SETTINGS, 0, 0) + \
        h2_frame(HEADERS, END_HEADERS, 1, request_head("ListAndWatch")) + \
        h2_frame(DATA, END_STREAM, 1, frame(b""))
    path = str(agent.socket())

    def reconnect(times):
        for _ in range(times):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(path)
            sock.sendall(hello)
            sock.recv(4096)
            sock.close()

    def settled():
        agent.wait(lambda: agent.status() is not None)
        return agent.descriptors(), agent.memory_kib()
    reconnect(500)
    fds_before, memory_before = settled()
    reconnect(10000)
    agent.wait(lambda: agent.descriptors() <= fds_before)
    assert settled()[1] <= memory_before + 1024


class Mute(threading.Thread):
    """A kubelet.sock that accepts and then does what `behave` says."""

    def __init__(self, path, behave):
        super().__init__(daemon=True)
        self.behave = behave
        self.accepted = 0
        path.unlink(missing_ok=True)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(str(path))
        self.sock.listen(8)
        self.kept = []
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.sock.accept()
            except OSError:
                return
            self.accepted += 1
            self.kept.append(peer)
            try:
                self.behave(peer)
            except OSError:
                pass


def be_silent(_peer):
    pass


def be_noisy(peer):
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def be_gone(peer):
    peer.close()


def be_refusing(peer):
    peer.sendall(h2_frame(SETTINGS, 0, 0) + h2_frame(RST_STREAM, 0, 1, struct.pack(">I", 7)))


def be_half(peer):
    peer.sendall(h2_frame(SETTINGS, 0, 0) + h2_frame(
        HEADERS, END_HEADERS, 1, hpack((":status", "200"), ("content-type", "application/grpc"))))
    peer.close()


@pytest.mark.parametrize("behave", [be_silent, be_noisy, be_gone, be_refusing, be_half])
def test_a_kubelet_that_does_not_register(build, behave):
    """It is asked again with back-off, and a sane one that takes its place is asked at once."""
    with tempfile.TemporaryDirectory(prefix="coffer-") as name:
        root = pathlib.Path(name)
        other = Agent(build, root)
        mute = Mute(other.plugin_dir / "kubelet.sock", behave)
        other.start()
        patience = 90
        other.wait(lambda: mute.accepted >= 4
                   and "refuses the registration" in other.log_text(), patience)
        mute.sock.close()
        kubelet = Kubelet(root / "kubelet")
        kubelet.start()
        kubelet.wait(lambda: kubelet.allocatable(EPC) == 168)
        assert mute.accepted < 20
        kubelet.stop()
        assert other.stop() == 0
