# SPDX-License-Identifier: Apache-2.0
"""An AESM client and a maker of software-platform reports, written apart from the C code."""
import atexit
import hashlib
import pathlib
import socket
import struct
import subprocess
import time

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

INIT_EX, SIZE_EX, QUOTE_EX, SELECT, KEY_COUNT, KEY_IDS = 15, 16, 17, 19, 21, 22
KEY_ID = struct.pack("<HHH", 0, 0, 32) + bytes.fromhex(
    "8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff") + bytes(16) + \
    struct.pack("<I", 1) + bytes(16 + 64 + 16) + struct.pack("<I", 2) + bytes(16 + 2 + 80)
assert len(KEY_ID) == 256
FUSE_AT, CPUSVN_AT, OWNER_AT = 16, 48, 64  # in the node secret's file


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(kind, *fields):
    return field(kind, b"".join(field(number, value) for number, value in fields))


def frame(content):
    return struct.pack("<I", len(content)) + content


def parse(content):
    """{field number: value} of one message"""
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(content):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = content[at:at + value], at + value
        fields[key >> 3] = value
    return fields


def connect(path, timeout=15):
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(path))  # as clients do: waits while the backlog is full
    s.settimeout(timeout)
    return s


def read_all(s):
    chunks = []
    try:
        while chunk := s.recv(65536):
            chunks.append(chunk)
    except ConnectionResetError:
        pass
    return b"".join(chunks)


def exchange(path, data, timeout=15):
    """Send raw bytes, give raw bytes back until the service closes"""
    with connect(path, timeout) as s:
        try:
            s.sendall(data)
        except BrokenPipeError:
            pass
        return read_all(s)


def ask(path, kind, *fields):
    """(kind, {field: value}) of the response"""
    answer = exchange(path, frame(message(kind, *fields)))
    assert len(answer) >= 4 and struct.unpack("<I", answer[:4])[0] == len(answer) - 4, answer[:8]
    (kind, inner), = parse(answer[4:]).items()
    return kind, parse(inner)


def init(path):
    """(target info, public key id)"""
    kind, fields = ask(path, INIT_EX, (1, KEY_ID), (3, 1), (4, 32))
    assert kind == INIT_EX and fields[1] == 0, fields[1]
    return fields[2], fields[4]


def quote_size(path):
    return ask(path, SIZE_EX, (1, KEY_ID))[1][2]


def quote(path, report, size=8192):
    kind, fields = ask(path, QUOTE_EX, (1, report), (2, KEY_ID), (4, size))
    assert kind == QUOTE_EX and fields[1] == 0, fields[1]
    return fields[2]


def cmac(key, data):
    c = CMAC(AES(key))
    c.update(data)
    return c.finalize()


def body(cpusvn, report_data=b"", mrenclave=b"\xaa" * 32, flags=5):
    return (cpusvn + bytes(32) + struct.pack("<QQ", flags, 3) + mrenclave + bytes(32)
            + b"\xbb" * 32 +
            bytes(32 + 64) + struct.pack("<HHH", 1, 2, 0) + bytes(42 + 16)
            + report_data.ljust(64, b"\0"))


def report_key(secret, target, key_id):
    """src/sgx/keys.h: CMAC of the dependencies under a key made from the fuse"""
    root = hashlib.sha256(b"coffer device   " + secret[FUSE_AT:FUSE_AT + 32]).digest()[:16]
    attributes, config_svn, misc = target[32:48], target[50:52], target[52:56]
    dependencies = (struct.pack("<HHHH", 3, 0, 0, 0) + config_svn + target[48:49] + b"\0" + misc +
                    bytes(4) + attributes + bytes(16) + secret[OWNER_AT:OWNER_AT + 16] +
                    secret[CPUSVN_AT:CPUSVN_AT + 16] + bytes(32) + target[:32] + bytes(32) + key_id
                    +
                    target[64:128])
    return cmac(root, dependencies)


def report(secret, target, report_data=b"", **options):
    """432 bytes: an application enclave's report for `target`"""
    content = body(secret[CPUSVN_AT:CPUSVN_AT + 16], report_data, **options)
    key_id = b"k" * 32
    return content + key_id + cmac(report_key(secret, target, key_id), content)


class Helper:
    """A quote helper of its own, in a directory of its own"""

    def __init__(self, build, directory, *arguments, wait=True):
        self.build, self.directory, self.arguments = build, pathlib.Path(directory), arguments
        self.socket = self.directory / "run" / "aesm.socket"
        self.state = self.directory / "state"
        self.process = None
        self.start(wait)

    def start(self, wait=True, **environment):
        self.log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen(
            [self.build / "coffer-quote-helper", f"--socket={self.socket}", f"--state={self.state}",
             "--quote-backend=software", *self.arguments], stderr=self.log, **environment)
        atexit.register(self.process.kill)  # also when a test fails half way
        deadline = time.monotonic() + 20
        while wait:
            try:
                connect(self.socket).close()
                return
            except OSError:
                assert self.process.poll() is None, self.text()
                assert time.monotonic() < deadline, self.text()
                time.sleep(0.01)

    def text(self):
        return (self.directory / "log").read_text()

    def secret(self):
        return (self.state / "platform" / "secret").read_bytes()

    def report(self, report_data=b"", **options):
        return report(self.secret(), init(self.socket)[0], report_data, **options)

    def resident_kib(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith(what)))

    def is_sanitized(self):
        """Built with AddressSanitizer, whose memory is not the program's"""
        return self.resident_kib("VmSize") > 1 << 30

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(20) == 0, self.text()
        self.log.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
