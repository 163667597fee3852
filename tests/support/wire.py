# SPDX-License-Identifier: Apache-2.0
"""Protobuf and gRPC on the wire, for peers of the agent that share no code with it."""
import queue
import socket
import struct
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One field: an int, a str, bytes, or a list of them."""
    if isinstance(value, list):
        return b"".join(field(number, item) for item in value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """Yield (number, value) of a message; the value is an int or bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        elif key & 7 != 0:
            raise ValueError(f"wire type {key & 7}")
        yield key >> 3, value


def all_of(data, number):
    return [value for n, value in fields(data) if n == number]


def first_of(data, number, default=b""):
    return next((value for n, value in fields(data) if n == number), default)


def frame(message):
    return b"\0" + struct.pack(">I", len(message)) + message


class Refused(Exception):
    """A gRPC status other than OK."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def shut(sock):
    """Close a socket and wake the threads that read from it."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


def drain(sock):
    """Read until the peer closes, and close. Gives what it said."""
    said = b""
    try:
        while data := sock.recv(65536):
            said += data
    except ConnectionResetError:
        pass
    sock.close()
    return said


class Connection:
    """One HTTP/2 connection; a thread reads, any thread may send."""

    def __init__(self, sock, is_client, on_request=None):
        self.sock = sock
        self.h2 = h2.connection.H2Connection(config=h2.config.H2Configuration(
            client_side=is_client, header_encoding="utf-8", validate_inbound_headers=False))
        self.lock = threading.Condition()
        self.streams = {}
        self.on_request = on_request
        self.is_open = True
        with self.lock:
            self.h2.initiate_connection()
            self.h2.increment_flow_control_window(8 << 20)
            self.flush()
        threading.Thread(target=self.read_loop, daemon=True).start()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.sock.sendall(data)

    def read_loop(self):
        try:
            while True:
                data = self.sock.recv(1 << 18)
                if not data:
                    break
                with self.lock:
                    for event in self.h2.receive_data(data):
                        self.take(event)
                    self.flush()
                    self.lock.notify_all()
        except (OSError, h2.exceptions.H2Error):
            pass
        with self.lock:
            self.is_open = False
            for stream in self.streams.values():
                stream.events.put(("end", None))
            self.lock.notify_all()

    def take(self, event):
        stream_id = getattr(event, "stream_id", None)
        if isinstance(event, h2.events.RequestReceived):
            self.streams[stream_id] = Stream(self, stream_id, dict(event.headers))
        stream = self.streams.get(stream_id)
        if isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, stream_id)
        if stream is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            stream.headers = dict(event.headers)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.headers.update(dict(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            stream.feed(event.data)
        elif isinstance(event, h2.events.StreamReset):
            stream.is_over = True
            stream.events.put(("end", event.error_code))
        if isinstance(event, h2.events.StreamEnded):
            stream.events.put(("end", None))
            if self.on_request and not stream.is_ours:
                threading.Thread(target=self.on_request, args=(stream,), daemon=True).start()

    def send_data(self, stream_id, data, end):
        while data or end:
            with self.lock:
                while self.is_open and data and not self.streams[stream_id].is_over and \
                        self.h2.local_flow_control_window(stream_id) <= 0:
                    self.lock.wait(10)
                if not self.is_open:
                    raise ConnectionError("connection lost")
                if self.streams[stream_id].is_over:
                    return
                size = min(len(data), self.h2.max_outbound_frame_size)
                if data:
                    size = min(size, self.h2.local_flow_control_window(stream_id))
                piece, data = data[:size], data[size:]
                self.h2.send_data(stream_id, piece, end_stream=end and not data)
                self.flush()
                end = end and bool(data)

    def open(self, path, message, authority="localhost", end=True):
        """Begin a call; gives its stream."""
        with self.lock:
            if not self.is_open:
                raise ConnectionError("connection lost")
            stream_id = self.h2.get_next_available_stream_id()
            self.h2.send_headers(stream_id, [
                (":method", "POST"), (":scheme", "http"), (":path", path),
                (":authority", authority), ("content-type", "application/grpc"),
                ("te", "trailers")])
            stream = self.streams[stream_id] = Stream(self, stream_id, {}, is_ours=True)
            self.flush()
        try:
            self.send_data(stream_id, frame(message), end)
        except h2.exceptions.StreamClosedError:
            pass  # answered before it was whole: the result says why
        return stream

    def call(self, path, message=b"", timeout=60, **options):
        return self.open(path, message, **options).result(timeout)

    def close(self):
        shut(self.sock)


class Stream:
    def __init__(self, connection, stream_id, headers, is_ours=False):
        self.connection = connection
        self.id = stream_id
        self.headers = headers
        self.is_ours = is_ours
        self.is_over = False  # the peer has ended it, or reset it
        self.buffer = bytearray()
        self.events = queue.Queue()

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= 5:
            size = struct.unpack(">I", self.buffer[1:5])[0]
            if len(self.buffer) < 5 + size:
                return
            self.events.put(("message", bytes(self.buffer[5:5 + size])))
            del self.buffer[:5 + size]

    def next(self, timeout=60):
        """The next message, or None at the end of the stream."""
        kind, value = self.events.get(timeout=timeout)
        return value if kind == "message" else None

    def result(self, timeout=60):
        """The one message of a unary call; raises Refused."""
        message = self.next(timeout)
        if message is not None:
            self.next(timeout)
        code = self.headers.get("grpc-status")
        if code != "0":
            raise Refused(int(code) if code else -1, self.headers.get("grpc-message", ""))
        return message

    def reset(self):
        with self.connection.lock:
            self.connection.h2.reset_stream(self.id, 8)
            self.connection.flush()

    def answer(self, message):
        with self.connection.lock:
            self.connection.h2.send_headers(
                self.id, [(":status", "200"), ("content-type", "application/grpc")])
            self.connection.flush()
        self.connection.send_data(self.id, frame(message), False)
        with self.connection.lock:
            self.connection.h2.send_headers(self.id, [("grpc-status", "0")], end_stream=True)
            self.connection.flush()

    def refuse(self, code, message):
        with self.connection.lock:
            self.connection.h2.send_headers(
                self.id, [(":status", "200"), ("content-type", "application/grpc"),
                          ("grpc-status", str(code)), ("grpc-message", message)], end_stream=True)
            self.connection.flush()


def dial(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(str(path))
    sock.settimeout(None)
    return Connection(sock, True)


class Server:
    """Listens on a unix socket; `methods` maps a path to fn(request bytes) -> bytes."""

    def __init__(self, path, methods):
        self.methods = methods
        self.path = path
        self.connections = []
        path.unlink(missing_ok=True)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(str(path))
        self.sock.listen(64)
        threading.Thread(target=self.accept_loop, daemon=True).start()

    def accept_loop(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            self.connections = [c for c in self.connections if c.is_open]
            self.connections.append(Connection(sock, False, self.serve))

    def serve(self, stream):
        request = stream.next() or b""
        method = self.methods.get(stream.headers[":path"])
        try:
            try:
                if method is None:
                    raise Refused(12, "no such method")
                stream.answer(method(request))
            except Refused as refused:
                stream.refuse(refused.code, refused.message)
        except (OSError, h2.exceptions.H2Error):
            pass  # the peer, or close(), ended the connection meanwhile

    def close(self):
        shut(self.sock)
        self.path.unlink(missing_ok=True)
        for connection in self.connections:
            connection.close()
