# SPDX-License-Identifier: Apache-2.0
"""The quote helper as its clients see it: exchanges to the byte, hostile clients, crashes."""
import hashlib
import os
import pathlib
import random
import re
import resource
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import aesm_client as aesm


@pytest.fixture(scope="module")
def helper(build, tmp_path_factory):
    h = aesm.Helper(build, tmp_path_factory.mktemp("aesm"))
    yield h
    h.stop()


def verify_p256(key, signature, data):
    """r || s over SHA-256; raises InvalidSignature"""
    encoded = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"),
                                         int.from_bytes(signature[32:], "big"))
    key.verify(encoded, data, ec.ECDSA(hashes.SHA256()))


def certificates_of(pem):
    end = b"-----END CERTIFICATE-----"
    return [x509.load_pem_x509_certificate(part + end) for part in pem.split(end)[:-1]]


def public_key(raw):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + raw)


def check_quote(quote, root_pem):
    """The parts of a version 3 quote, each signature verified up to the root given"""
    version, key_type = struct.unpack_from("<HH", quote)
    auth_size, = struct.unpack_from("<I", quote, 432)
    cert_type, cert_size = struct.unpack_from("<HI", quote, 1046)
    assert (version, key_type, cert_type) == (3, 2, 5)
    assert auth_size == 616 + cert_size and quote[1012:1046] == b"\x20\0" + bytes(range(32))
    pem = quote[1052:1052 + cert_size].rstrip(b"\0")
    leaf, ca, root = certificates_of(pem)
    assert root == x509.load_pem_x509_certificate(root_pem)
    for child, issuer in ((leaf, ca), (ca, root), (root, root)):
        assert child.issuer == issuer.subject
        issuer.public_key().verify(child.signature, child.tbs_certificate_bytes,
                                   ec.ECDSA(hashes.SHA256()))
    verify_p256(public_key(quote[500:564]), quote[436:500], quote[:432])
    verify_p256(leaf.public_key(), quote[948:1012], quote[564:948])
    assert quote[564 + 320:564 + 352] == hashlib.sha256(quote[500:564] + quote[1014:1046]).digest()
    assert root.not_valid_before < ca.not_valid_before < leaf.not_valid_before
    return quote[436 + auth_size:]


# ---- exchanges to the byte ----

def frame_of(text):
    return aesm.frame(bytes.fromhex(text))


LEGACY = [
    ("initQuote", "0a00", "0a02081e"),
    ("getQuote", "120a0a017210001a01733009", "1202081e"),
    ("getLaunchToken", "1a090a0161120162" "1a0163", "1a02081e"),
    ("reportError", "22070a017010001800", "2202081e"),
    ("getWhiteListSize", "5200", "5204081e1000"),
    ("getWhiteList", "5a00", "5a02081e"),
    ("getExtendedGroup", "6200", "6204081e1000"),
    ("switchExtendedGroup", "6a020801", "6a02081e"),
    ("register white list", "72050a01621000", "7202081e"),
    ("register other", "72050a01621001", "72020803"),
    ("checkUpdateStatus", "920104" "10001800", "920104081e1800"),
]


@pytest.mark.parametrize("name,request_hex,response_hex", LEGACY, ids=[row[0] for row in LEGACY])
def test_legacy_request_is_answered_as_by_todays_aesmd(helper, name, request_hex, response_hex):
    content = bytes.fromhex(request_hex)
    assert aesm.exchange(helper.socket, aesm.frame(content)).hex() == frame_of(response_hex).hex()


SMALL = [
    ("key id count", aesm.message(aesm.KEY_COUNT), "aa010408001001"),
    ("key ids, wrong size", aesm.message(aesm.KEY_IDS, (1, 255)), "b201020803"),
    ("key ids, no size", aesm.message(aesm.KEY_IDS), "b201020801"),
    ("init, no key", aesm.message(aesm.INIT_EX, (3, 0)), "7a0408031800"),
    ("init, short key", aesm.message(aesm.INIT_EX, (1, aesm.KEY_ID[:-1]), (3, 0)), "7a0408031800"),
    ("init, foreign key", aesm.message(aesm.INIT_EX, (1, bytes(256)), (3, 0)), "7a0408261800"),
    ("init, nothing", aesm.message(aesm.INIT_EX), "7a0408011800"),
    ("init, key id of 31", aesm.message(aesm.INIT_EX, (1, aesm.KEY_ID), (3, 1), (4, 31)),
     "7a040803181f"),
    ("size, no key", aesm.message(aesm.SIZE_EX), "82010408031000"),
    ("quote, nothing", aesm.message(aesm.QUOTE_EX), "8a01020801"),
    ("quote, no report", aesm.message(aesm.QUOTE_EX, (2, aesm.KEY_ID), (4, 8192)), "8a01020801"),
    ("quote, short report",
     aesm.message(aesm.QUOTE_EX, (1, bytes(431)), (2, aesm.KEY_ID), (4, 8192)),
     "8a01020803"),
    ("quote, long report",
     aesm.message(aesm.QUOTE_EX, (1, bytes(433)), (2, aesm.KEY_ID), (4, 8192)),
     "8a01020803"),
    ("quote, no buffer", aesm.message(aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (4, 0)),
     "8a01020803"),
    ("quote, 4 GiB buffer",
     aesm.message(aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (4, 2**32 - 1)),
     "8a01020803"),
    ("quote, no key", aesm.message(aesm.QUOTE_EX, (1, bytes(432)), (4, 8192)), "8a01020803"),
    ("quote, a report of nobody",
     aesm.message(aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (4, 8192)),
     "8a0102082f"),
    ("select, foreign", aesm.message(aesm.SELECT, (1, struct.pack("<HHI", 0, 0, 1) + bytes(256))),
     "9a01020826"),
    ("select, cut list", aesm.message(aesm.SELECT, (1, struct.pack("<HHI", 0, 0, 2) + bytes(256))),
     "9a01020803"),
    ("select, empty list", aesm.message(aesm.SELECT, (1, struct.pack("<HHI", 0, 0, 0))),
     "9a01020803"),
    ("several kinds", aesm.message(aesm.KEY_COUNT) + bytes.fromhex("0a00"), "0a02081e"),
    ("unknown fields", b"\x2a\x03abc" + aesm.message(aesm.KEY_COUNT, (77, 5)), "aa010408001001"),
]


@pytest.mark.parametrize("name,content,response_hex", SMALL, ids=[row[0] for row in SMALL])
def test_small_exchange(helper, name, content, response_hex):
    assert aesm.exchange(helper.socket, aesm.frame(content)).hex() == frame_of(response_hex).hex()


def test_every_split_of_a_request_is_understood(helper):
    request = aesm.frame(aesm.message(aesm.KEY_COUNT, (9, 1000000)))
    for cut in range(1, len(request)):
        with aesm.connect(helper.socket) as s:
            s.sendall(request[:cut])
            time.sleep(0.002)
            s.sendall(request[cut:])
            assert aesm.read_all(s).hex() == frame_of("aa010408001001").hex()


def test_byte_by_byte(helper):
    report = helper.report()
    request = aesm.frame(aesm.message(aesm.QUOTE_EX, (1, report), (2, aesm.KEY_ID), (4, 8192)))
    with aesm.connect(helper.socket) as s:
        for i in range(len(request)):
            s.sendall(request[i:i + 1])
        answer = aesm.read_all(s)
    assert aesm.parse(aesm.parse(answer[4:])[aesm.QUOTE_EX])[1] == 0


def test_a_half_closed_client_gets_its_answer(helper):
    with aesm.connect(helper.socket) as s:
        s.sendall(aesm.frame(aesm.message(aesm.SIZE_EX, (1, aesm.KEY_ID))))
        s.shutdown(socket.SHUT_WR)
        assert len(aesm.read_all(s)) > 4


def test_one_request_a_connection(helper):
    request = aesm.frame(aesm.message(aesm.KEY_COUNT))
    assert aesm.exchange(helper.socket, request + request) == frame_of("aa010408001001")


GARBAGE = [
    ("empty message", aesm.frame(b"")),
    ("http", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("oversized", struct.pack("<I", 8 * 1024 + 1)),
    ("largest length", b"\xff\xff\xff\xff" + bytes(100)),
    ("unknown kind", aesm.frame(aesm.message(5))),
    ("response kind", aesm.frame(aesm.message(20, (1, 0)))),
    ("kind as number", aesm.frame(aesm.field(aesm.KEY_COUNT, 1))),
    ("cut message", aesm.frame(aesm.message(aesm.KEY_COUNT)[:-1])),
    ("cut inside", aesm.frame(aesm.field(aesm.KEY_IDS, b"\x08"))),
    ("field number 0", aesm.frame(b"\x00\x00")),
    ("group", aesm.frame(b"\x7b\x7c")),
    ("endless varint", aesm.frame(b"\xff" * 20)),
]


@pytest.mark.parametrize("name,data", GARBAGE, ids=[row[0] for row in GARBAGE])
def test_garbage_is_closed_without_an_answer(helper, name, data):
    assert aesm.exchange(helper.socket, data) == b""


def test_random_garbage_does_no_harm(helper):
    rng = random.Random(6)
    good = aesm.frame(aesm.message(aesm.QUOTE_EX, (1, helper.report()), (2, aesm.KEY_ID),
                                   (4, 8192)))
    for _ in range(400):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(4, len(data))] = rng.randrange(256)
        aesm.exchange(helper.socket, bytes(data))
        aesm.exchange(helper.socket, aesm.frame(rng.randbytes(rng.randrange(200))))
    assert aesm.ask(helper.socket, aesm.KEY_COUNT)[1] == {1: 0, 2: 1}


def test_large_exchanges_to_the_byte(helper):
    def raw(kind, *fields):
        return aesm.exchange(helper.socket, aesm.frame(aesm.message(kind, *fields)))

    def expected(kind, *fields):
        return aesm.frame(aesm.message(kind, (1, 0), *fields))

    target, key_id = aesm.init(helper.socket)
    key = (1, aesm.KEY_ID)
    assert raw(aesm.INIT_EX, key, (3, 0), (4, 2**64 - 1)) == expected(aesm.INIT_EX, (2, target),
                                                                      (3, 32))
    assert raw(aesm.INIT_EX, key, (3, 1), (4, 32)) == expected(aesm.INIT_EX, (2, target), (3, 32),
                                                               (4, key_id))
    size = aesm.quote_size(helper.socket)
    assert raw(aesm.SIZE_EX, key) == expected(aesm.SIZE_EX, (2, size))
    assert raw(aesm.KEY_IDS, (1, 256)) == expected(aesm.KEY_IDS, (2, aesm.KEY_ID))
    assert raw(aesm.SELECT) == expected(aesm.SELECT, (2, aesm.KEY_ID))
    info = bytes(960)
    answer = raw(aesm.QUOTE_EX, (1, helper.report()), (2, aesm.KEY_ID), (3, info), (4, size + 100))
    fields = aesm.parse(aesm.parse(answer[4:])[aesm.QUOTE_EX])
    assert answer == expected(aesm.QUOTE_EX, (2, fields[2]), (3, fields[3]))
    assert len(fields[2]) == size + 100 and fields[2][size:] == bytes(100)


# ---- the flows of the clients ----

# How each client asks, by its source: the timeout field's unit, the calls, the quote's buffer.
CLIENTS = [
    ("intel", 15000, ["init without id", "init", "size"], "exact"),
    ("open enclave", 15000, ["count", "ids", "init without id", "init", "size"], "exact"),
    ("gramine", None, ["init"], 8192),
    ("fortanix", 30000000, ["count", "ids", "init", "size"], "exact"),
    ("enarx", 1000000, ["count", "ids", "init", "size"], "exact"),
]


@pytest.mark.parametrize("name,timeout,calls,buffer", CLIENTS, ids=[row[0] for row in CLIENTS])
def test_the_flow_of(helper, name, timeout, calls, buffer):
    later = [] if timeout is None else [(9, timeout)]
    key = (1, aesm.KEY_ID)
    requests = {
        "count": (aesm.KEY_COUNT, *later), "ids": (aesm.KEY_IDS, (1, 256), *later),
        "init without id": (aesm.INIT_EX, key, (3, 0), (4, 0x7ffdcafe0123), *later),
        "init": (aesm.INIT_EX, key, (3, 1), (4, 32), *later), "size": (aesm.SIZE_EX, key, *later),
    }
    answers = {call: aesm.ask(helper.socket, *requests[call])[1] for call in calls}
    assert all(fields[1] == 0 for fields in answers.values())
    size = answers["size"][2] if buffer == "exact" else buffer
    report = aesm.report(helper.secret(), answers["init"][2], name.encode())
    fields = aesm.ask(helper.socket, aesm.QUOTE_EX, (1, report), (2, aesm.KEY_ID), (4, size),
                      *later)[1]
    assert fields[1] == 0 and len(fields[2]) == size
    check_quote(fields[2], (helper.state / "collateral" / "root.pem").read_bytes())


def test_key_ids(helper):
    assert aesm.ask(helper.socket, aesm.KEY_IDS, (1, 256))[1] == {1: 0, 2: aesm.KEY_ID}
    assert aesm.ask(helper.socket, aesm.SELECT, (2, 5))[1] == {1: 0, 2: aesm.KEY_ID}
    own = aesm.KEY_ID[:-1] + b"\x07"
    listed = struct.pack("<HHI", 0, 0, 2) + bytes(256) + own
    assert aesm.ask(helper.socket, aesm.SELECT, (1, listed))[1] == {1: 0, 2: own}


def test_init_with_an_uninitialised_size(helper):
    fields = aesm.ask(helper.socket, aesm.INIT_EX, (1, aesm.KEY_ID), (3, 0), (4, 0xdeadbeefcafe))[1]
    assert fields[1] == 0 and len(fields[2]) == 512 and fields[3] == 32 and 4 not in fields


def test_quotes_verify_up_to_the_installations_root(helper):
    target, key_id = aesm.init(helper.socket)
    report = aesm.report(helper.secret(), target, b"hello")
    quote = aesm.quote(helper.socket, report)
    root = (helper.state / "collateral" / "root.pem").read_bytes()
    padding = check_quote(quote, root)
    assert len(quote) == 8192 and padding == bytes(len(padding))
    assert quote[48:432] == report[:384]
    assert key_id == hashlib.sha256(quote[500:564] + quote[1014:1046]).digest()
    size = aesm.quote_size(helper.socket)
    exact = aesm.quote(helper.socket, report, size)
    assert len(exact) == size and check_quote(exact, root) == b""
    assert exact[500:] == quote[500:size]  # key, QE report, its signature and chain stay the same


def test_a_tampered_quote_does_not_verify(helper):
    quote = aesm.quote(helper.socket, helper.report())
    root = (helper.state / "collateral" / "root.pem").read_bytes()
    for at in (0x30, 100, 431, 440, 570, 950):
        tampered = quote[:at] + bytes([quote[at] ^ 1]) + quote[at + 1:]
        with pytest.raises((InvalidSignature, AssertionError)):
            check_quote(tampered, root)


def test_a_report_that_was_changed_gets_no_quote(helper):
    report = helper.report()
    for at in (0, 64, 320, 383, 384, 431):
        changed = report[:at] + bytes([report[at] ^ 0x80]) + report[at + 1:]
        kind, fields = aesm.ask(helper.socket, aesm.QUOTE_EX, (1, changed), (2, aesm.KEY_ID),
                                (4, 8192))
        assert fields == {1: 47}


def test_the_qe_report_binds_nonce_and_quote(helper):
    secret = helper.secret()
    app = (b"\xaa" * 32 + struct.pack("<QQ", 5, 3)).ljust(512, b"\0")
    info = b"nonce of client!" + app + bytes(432)
    report = helper.report()
    fields = aesm.ask(helper.socket, aesm.QUOTE_EX, (1, report), (2, aesm.KEY_ID), (3, info),
                      (4, 8192))[1]
    quote, back = fields[2], fields[3]
    size = aesm.quote_size(helper.socket)
    assert len(back) == 960 and back[:528] == info[:528]
    qe_report = back[528:]
    key = aesm.report_key(secret, app, qe_report[384:416])
    assert qe_report[416:] == aesm.cmac(key, qe_report[:384])
    assert qe_report[320:384] == hashlib.sha256(info[:16] + quote[:size]).digest() + bytes(32)


def test_a_failed_quote_gives_the_report_info_back(helper):
    info = os.urandom(960)
    fields = aesm.ask(helper.socket, aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (3, info),
                      (4, 8192))[1]
    assert fields == {1: 47, 3: info}
    fields = aesm.ask(helper.socket, aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (3, b""),
                      (4, 8192))[1]
    assert fields == {1: 3}


def test_the_buffer_must_hold_the_quote(helper):
    size = aesm.quote_size(helper.socket)
    report = helper.report()
    fields = aesm.ask(helper.socket, aesm.QUOTE_EX, (1, report), (2, aesm.KEY_ID), (4, size - 1))[1]
    assert fields == {1: 3}


def test_both_kinds_of_pck_certificates(build, tmp_path):
    h = aesm.Helper(build, tmp_path, "--pck-ca=processor")
    quote = aesm.quote(h.socket, h.report())
    check_quote(quote, (h.state / "collateral" / "root.pem").read_bytes())
    leaf = certificates_of(quote[1052:])[0]
    assert "Processor CA" in leaf.issuer.rfc4514_string()
    assert "Coffer Software Platform" in leaf.subject.rfc4514_string()
    h.stop()


# ---- hostile clients ----

def hostile(path, kind, stop, rng):
    """One client that does harm until told to stop"""
    request = aesm.frame(aesm.message(aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (4, 8192)))
    while not stop.is_set():
        try:
            with aesm.connect(path, 3) as s:
                if kind == "half-open":
                    stop.wait(3)
                elif kind == "slow":
                    for byte in request:
                        s.sendall(bytes([byte]))
                        if stop.wait(0.01):
                            break
                elif kind == "garbage":
                    s.sendall(rng.randbytes(rng.randrange(1, 4000)))
                elif kind == "deaf":
                    s.sendall(request)
                    stop.wait(0.5)
                else:
                    s.sendall(request[:rng.randrange(len(request))])
        except OSError:
            stop.wait(0.01)


def test_200_clients_50_of_them_hostile(build, tmp_path):
    h = aesm.Helper(build, tmp_path)
    target = aesm.init(h.socket)[0]
    secret, stop, failures, peak = h.secret(), threading.Event(), [], [0]

    def honest(number):
        try:
            for i in range(4):
                report = aesm.report(secret, target, f"client {number} {i}".encode())
                quote = aesm.quote(h.socket, report)
                if quote[48:432] != report[:384]:
                    failures.append(f"{number}: the quote is another's")
        except (OSError, AssertionError) as fault:
            failures.append(f"{number}: {fault!r}")

    kinds = ["half-open", "slow", "garbage", "deaf", "cut"]
    bad = [threading.Thread(target=hostile, args=(h.socket, kinds[i % 5], stop, random.Random(i)))
           for i in range(50)]
    good = [threading.Thread(target=honest, args=(i,)) for i in range(150)]
    for t in bad + good:
        t.start()
    while any(t.is_alive() for t in good):
        peak[0] = max(peak[0], h.resident_kib())
        time.sleep(0.05)
    stop.set()
    for t in bad + good:
        t.join(30)
    assert failures == []
    assert peak[0] <= 16 * 1024 or h.is_sanitized(), f"{peak[0]} KiB resident"
    h.stop()


def test_slow_requests_are_dropped_and_idle_connections_give_way(build, tmp_path):
    h = aesm.Helper(build, tmp_path)
    idle = [aesm.connect(h.socket, 20) for _ in range(1100)]  # more than the service keeps
    assert len(aesm.init(h.socket)[0]) == 512
    started = time.monotonic()
    idle[-1].sendall(b"\x05\0\0")
    assert aesm.read_all(idle[-1]) == b""
    assert time.monotonic() - started < 15
    for s in idle:
        s.close()
    h.stop()


def test_few_files_mean_few_connections_not_none(build, tmp_path):
    h = aesm.Helper(build, tmp_path, wait=False)
    h.kill()
    h.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80)))
    idle = [aesm.connect(h.socket, 20) for _ in range(100)]
    assert len(aesm.init(h.socket)[0]) == 512
    for s in idle:
        s.close()
    h.stop()


# ---- fairness and limits ----

def test_a_rate_limit_says_busy(build, tmp_path):
    h = aesm.Helper(build, tmp_path, "--rate=1", "--burst=3")
    codes = [aesm.ask(h.socket, aesm.SIZE_EX, (1, aesm.KEY_ID))[1][1] for _ in range(6)]
    assert codes[:3] == [0, 0, 0] and 19 in codes[3:]
    assert aesm.ask(h.socket, aesm.KEY_COUNT)[1][1] == 0  # what costs nothing is not limited
    h.stop()


def container(h, name):
    """A container's own directory, as the agent makes it, and the socket that the helper adds"""
    directory = h.directory / "containers" / name
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "aesm.socket"
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, h.text()
        time.sleep(0.01)
    return path


def sizes(path, count):
    return [aesm.ask(path, aesm.SIZE_EX, (1, aesm.KEY_ID))[1][1] for _ in range(count)]


def test_rates_follow_the_container_and_not_its_users(build, request):
    tmp_path = pathlib.Path(tempfile.mkdtemp(prefix="coffer-aesm-"))  # other users can reach it
    request.addfinalizer(lambda: shutil.rmtree(tmp_path))
    tmp_path.chmod(0o755)
    h = aesm.Helper(build, tmp_path, "--rate=1", "--burst=3",
                    f"--container-sockets={tmp_path}/containers")
    greedy, modest = container(h, "epc-0.0"), container(h, "epc-8.0")
    codes = []
    for uid in range(20000, 20010):  # a pod may choose its user IDs
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                if os.geteuid() == 0:
                    os.setuid(uid)
                os.write(writing, bytes(sizes(greedy, 1)))
            finally:
                os._exit(0)
        os.close(writing)
        codes += os.read(reading, 1)
        os.close(reading)
        os.waitpid(child, 0)
    assert codes[:3] == [0, 0, 0] and codes.count(19) >= 5
    assert sizes(modest, 3) == [0, 0, 0]
    assert sizes(h.socket, 3) == [0, 0, 0]
    h.stop()


def test_sockets_of_containers_come_go_and_survive_a_restart(build, tmp_path):
    h = aesm.Helper(build, tmp_path, f"--container-sockets={tmp_path}/containers")
    first = container(h, "epc-0.0")
    assert sizes(first, 1) == [0]
    h.kill()
    h.start()
    container(h, "epc-8.0")
    assert sizes(first, 1) == [0]
    next_helper = aesm.Helper(build, tmp_path, "--take-over",
                              f"--container-sockets={tmp_path}/containers")
    while next_helper.text().count("quote service begins") < 3:  # 1 and 2 are those of h
        time.sleep(0.01)
    h.stop()
    assert sizes(first, 1) == [0] and sizes(container(next_helper, "epc-8.0"), 1) == [0]
    first.unlink()
    first.parent.rmdir()
    assert sizes(container(next_helper, "epc-0.0"), 1) == [0]
    next_helper.stop()


# ---- life and death ----

def test_the_key_survives_kill_9_in_any_state(build, tmp_path):
    h = aesm.Helper(build, tmp_path, wait=False)
    rng = random.Random(9)
    for _ in range(25):  # from the first instant on: while keys and authority are made
        time.sleep(rng.random() * 0.02)
        h.kill()
        h.start(wait=False)
    h.kill()
    h.start()
    identity = aesm.init(h.socket)
    root = (h.state / "collateral" / "root.pem").read_bytes()
    quote = aesm.quote(h.socket, h.report())
    check_quote(quote, root)
    for _ in range(10):
        stop = threading.Event()
        load = threading.Thread(target=hostile, args=(h.socket, "deaf", stop, rng))
        load.start()
        time.sleep(rng.random() * 0.05)
        h.kill()
        stop.set()
        load.join()
        h.start()
        assert aesm.init(h.socket) == identity
        again = aesm.quote(h.socket, h.report())
        check_quote(again, root)
        assert again[500:948] == quote[500:948]
    leftovers = [p.name for p in h.state.rglob("*") if ".new" in p.name or ".tmp" in p.name]
    assert len(leftovers) <= 36
    h.stop()


def test_keys_that_others_can_read_are_refused_with_the_remedy(build, tmp_path):
    h = aesm.Helper(build, tmp_path)
    h.stop()
    keys = [h.state / "platform" / "secret", h.state / "authority" / "authority.pem",
            h.state / "quote-helper" / "quoting-enclave.sealed"]
    for path in keys:
        mode = path.stat().st_mode
        path.chmod(0o644)
        run = subprocess.run(h.process.args, capture_output=True, text=True)
        assert run.returncode == 2 and str(path) in run.stderr and "chmod" in run.stderr
        path.chmod(mode)
        path.parent.chmod(0o777)
        run = subprocess.run(h.process.args, capture_output=True, text=True)
        assert run.returncode == 2 and str(path.parent) in run.stderr and "chmod" in run.stderr
        path.parent.chmod(0o700)
    h.start()
    assert sizes(h.socket, 1) == [0]
    h.stop()


def test_modes_do_not_depend_on_the_umask(build, tmp_path):
    before = os.umask(0)
    try:
        h = aesm.Helper(build, tmp_path)
    finally:
        os.umask(before)
    h.stop()
    for path in h.state.rglob("*"):
        mode = path.stat().st_mode & 0o777
        assert mode & 0o022 == 0, f"{path} {mode:o}"
    assert (h.state / "platform").stat().st_mode & 0o777 == 0o700
    assert (h.state / "collateral" / "root.pem").stat().st_mode & 0o777 == 0o644


def test_the_helper_has_no_rights_and_leaves_no_core(helper):
    status = dict(line.split(":", 1) for line in
                  open(f"/proc/{helper.process.pid}/status").read().splitlines() if ":" in line)
    assert status["NoNewPrivs"].strip() == "1"
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh")} == {0}
    limits = open(f"/proc/{helper.process.pid}/limits").read()
    assert re.search(r"Max core file size +0 +0 ", limits)
    if os.geteuid() == 0:  # the files of a process that hides its memory are root's
        assert os.stat(f"/proc/{helper.process.pid}/mem").st_uid == 0


def test_a_second_helper_for_one_state_is_refused(helper):
    run = subprocess.run([helper.build / "coffer-quote-helper",
                          f"--socket={helper.directory}/other",
                          f"--state={helper.state}"], capture_output=True, text=True, timeout=20,
                         check=False)
    assert run.returncode == 2 and "another quote-helper" in run.stderr


def test_a_take_over_leaves_nobody_without_an_answer(build, tmp_path):
    h = aesm.Helper(build, tmp_path, "--take-over")
    key_id, failures, stop = aesm.init(h.socket)[1], [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                if aesm.init(h.socket)[1] != key_id:
                    failures.append("another key")
            except (OSError, AssertionError) as fault:
                failures.append(repr(fault))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    for _ in range(5):
        old, seen = h.process, h.text().count("service begins")
        h.start(wait=False)
        while h.text().count("service begins") == seen:
            assert h.process.poll() is None, h.text()
            time.sleep(0.005)
        old.terminate()
        assert old.wait(20) == 0
    stop.set()
    for client in clients:
        client.join()
    assert failures == []
    h.stop()


def test_sealed_keys_of_another_node_are_refused(build, tmp_path):
    h = aesm.Helper(build, tmp_path)
    h.stop()
    (h.state / "platform" / "secret").unlink()
    run = subprocess.run([build / "coffer-quote-helper", f"--socket={h.socket}",
                          f"--state={h.state}"],
                         capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 2 and "another node's secret" in run.stderr


def test_the_abstract_socket_on_request(build, tmp_path):
    h = aesm.Helper(build, tmp_path, "--abstract-socket")
    assert aesm.ask("\0sgx_aesm_socket_base".ljust(108, "\0"), aesm.KEY_COUNT)[1] == {1: 0, 2: 1}
    h.stop()


def test_nodes_share_an_authority(build, tmp_path):
    first = aesm.Helper(build, tmp_path, f"--ca={tmp_path}/authority")
    (tmp_path / "second").mkdir()
    second = aesm.Helper(build, tmp_path / "second", f"--ca={tmp_path}/authority")
    root = (first.state / "collateral" / "root.pem").read_bytes()
    assert (second.state / "collateral" / "root.pem").read_bytes() == root
    for h in (first, second):
        check_quote(aesm.quote(h.socket, h.report()), root)
    assert aesm.init(first.socket)[1] != aesm.init(second.socket)[1]
    first.stop()
    second.stop()


def test_export_writes_what_verifiers_read(build, tmp_path):
    run = subprocess.run([build / "coffer-quote-helper", f"--state={tmp_path}/state",
                          f"--export-collateral={tmp_path}/out"], timeout=20, check=False)
    assert run.returncode == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "pckcrl.der", "pckcrlchain.pem", "qeid.json", "qeidchain.pem", "root.pem", "rootcrl.der",
        "tcbchain.pem", "tcbinfo.json"]


MISUSE = [["--quote-backend=magic"], ["--pck-ca=none"], ["--deadline=0"], ["--queue=99999"],
          ["--rate=-1"], ["--burst=x"], ["stray"], ["--unknown"]]


@pytest.mark.parametrize("arguments", MISUSE, ids=[row[0] for row in MISUSE])
def test_misuse_is_named(build, tmp_path, arguments):
    run = subprocess.run([build / "coffer-quote-helper", f"--state={tmp_path}", *arguments],
                         capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 2 and "coffer quote-helper" in run.stderr


# ---- metrics ----

def metrics_of(h):
    port = re.search(r"metrics=(\d+)", h.text()).group(1)
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).read() == b"ok\n"
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_metrics_count_what_happened(build, tmp_path):
    h = aesm.Helper(build, tmp_path, "--metrics=127.0.0.1:0")
    for i in range(3):
        aesm.quote(h.socket, h.report(str(i).encode()))
    aesm.exchange(h.socket, b"GET / HTTP/1.1\r\n\r\n")
    aesm.exchange(h.socket, b"\xff\xff\xff\xff")
    aesm.exchange(h.socket, aesm.frame(b"\x7b"))
    aesm.ask(h.socket, aesm.QUOTE_EX, (1, bytes(432)), (2, aesm.KEY_ID), (4, 8192))
    values = metrics_of(h)
    assert values['coffer_quote_backend_info{backend="software"}'] == "1"
    assert values['coffer_quote_requests_total{kind="getQuoteEx"}'] == "4"
    assert values['coffer_quote_requests_total{kind="initQuoteEx"}'] == "3"
    assert values['coffer_quote_responses_total{code="0",meaning="success"}'] == "6"
    assert any(k.startswith('coffer_quote_responses_total{code="47"') and v == "1"
               for k, v in values.items())
    assert values['coffer_quote_drops_total{cause="oversized"}'] == "2"
    assert values['coffer_quote_drops_total{cause="garbage"}'] == "1"
    assert values["coffer_quote_latency_seconds_count"] == "7"
    assert values['coffer_quote_latency_seconds_bucket{le="+Inf"}'] == "7"
    assert values["coffer_quote_queue_depth"] == values["coffer_quote_connections"] == "0"
    h.stop()
