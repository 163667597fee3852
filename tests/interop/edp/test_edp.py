# SPDX-License-Identifier: Apache-2.0
"""Fortanix's EDP on the software platform: runner, loader, signer and enclave side are
Fortanix's."""
import hashlib
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import threading

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(SOURCE / "tests" / "process"))
import aesm_client as aesm  # noqa: E402

TOOLS = pathlib.Path(os.environ.get("EDP_TOOLS", ""))
ENCLAVE = os.environ.get("EDP_ENCLAVE")
COFFER = pathlib.Path(os.environ.get("COFFER_BUILD_ROOT", "")) / "coffer"
FAILED = 255  # whatever ends an enclave, the runner's status is this; std's exit() tells no more
MIB = 1 << 20
pytestmark = pytest.mark.skipif(not ENCLAVE, reason="run tests/interop/edp/run")


class Enclave:
    """An SGXS file, its SIGSTRUCT beside it, and how the two are run"""

    def __init__(self, directory, key, *options):
        self.file, self.signature = directory / "enclave.sgxs", directory / "enclave.sig"
        directory.mkdir(exist_ok=True)
        subprocess.run([TOOLS / "ftxsgx-elf2sgxs", ENCLAVE, f"--heap-size={64 * MIB}",
                        "--stack-size=131072", "--threads=10", f"--output={self.file}", *options],
                       check=True)
        subprocess.run([TOOLS / "sgxs-sign", f"--key={key}", self.file, self.signature], check=True,
                       stdout=subprocess.DEVNULL)

    def mrenclave(self):
        return self.signature.read_bytes()[960:992]

    def mrsigner(self):
        return hashlib.sha256(self.signature.read_bytes()[128:512]).digest()

    def command(self, state, tier, words, signature="coresident"):
        return [COFFER, "run", f"--state={state}", f"--tier={tier}", "--", TOOLS / "ftxsgx-runner",
                f"--signature={signature}", self.file, *words]

    def run(self, state, tier, *words, signature="coresident", **options):
        return subprocess.run(self.command(state, tier, words, signature), capture_output=True,
                              text=True, check=False, timeout=300, **options)

    def lines(self, state, tier, *words, **options):
        done = self.run(state, tier, *words, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    file = tmp_path_factory.mktemp("key") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-3", "-out", file, "3072"], check=True,
                   stderr=subprocess.DEVNULL)
    return file


@pytest.fixture(scope="module")
def enclave(tmp_path_factory, key):
    return Enclave(tmp_path_factory.mktemp("enclave"), key)


@pytest.fixture(scope="module")
def talkative(tmp_path_factory, key):
    """The same code, which tells the runner why it panicked: another byte, another MRENCLAVE"""
    return Enclave(tmp_path_factory.mktemp("talkative"), key, "--debug")


@pytest.fixture(params=["auto", "sigill", "call"])
def tier(request):
    return request.param


def test_hello_world(enclave, tmp_path, tier):
    done = enclave.run(tmp_path, tier, "hello", "world")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello world\n", "")


@pytest.mark.parametrize("signature", ["coresident", "dummy"])
def test_it_is_signed_by_sgxs_sign_or_by_the_runner(enclave, tmp_path, tier, signature):
    """The runner's own signature asks for all of XCR0 that fits the SSA frame: AVX-512, say"""
    report = bytes.fromhex(enclave.lines(tmp_path, tier, "report", "x", signature=signature)[0])
    flags, xfrm = struct.unpack("<QQ", report[48:64])
    if signature == "coresident":
        assert (flags, xfrm, report[128:160]) == (5, 3, enclave.mrsigner())
    else:
        assert flags == 7 and xfrm & 7 == 7 and report[128:160] != enclave.mrsigner()
    assert report[64:96] == enclave.mrenclave()


def test_without_coffer_there_is_no_device(enclave):
    if list(pathlib.Path("/dev").glob("*sgx*")):
        pytest.skip("this machine has SGX")
    done = subprocess.run([TOOLS / "ftxsgx-runner", enclave.file, "hello"], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1 and "While opening SGX device" in done.stderr


def test_arguments_and_input_in_a_result_out(enclave, tmp_path, tier):
    assert enclave.lines(tmp_path, tier, "sum", "1", "20", "300") == ["321"]
    lines = [f"{n * 7919 % 1000:03}" for n in range(1000)]
    typed = "".join(line + "\n" for line in lines)
    assert enclave.lines(tmp_path, tier, "sort", "1000", input=typed) == sorted(lines)


@pytest.mark.parametrize("status, seen", [("0", 0), ("7", FAILED)])
def test_it_exits(enclave, tmp_path, tier, status, seen):
    assert enclave.run(tmp_path, tier, "exit", status).returncode == seen


def test_heap(enclave, tmp_path, tier):
    held = index = 0
    while held < 40 * MIB:
        held += 1 + index * 7919 % 65536
        index += 1
    assert enclave.lines(tmp_path, tier, "heap", "40") == [str(held)]


def test_threads_share_a_lock_and_a_condition(enclave, tmp_path, tier):
    assert enclave.lines(tmp_path, tier, "threads", "8", "2000") == ["16000"]


def test_threads_pass_messages(enclave, tmp_path, tier):
    assert enclave.lines(tmp_path, tier, "ring", "8", "300") == ["2400"]


def test_panics_unwind_and_are_caught(enclave, tmp_path, tier):
    """10 destructors on the way up, a panic caught, a panicked thread joined"""
    assert enclave.lines(tmp_path, tier, "catch") == ["12"]


def test_a_panic_ends_it_with_its_message(talkative, tmp_path, tier):
    done = talkative.run(tmp_path, tier, "panic")
    assert done.returncode == FAILED and "on purpose" in done.stderr
    assert talkative.lines(tmp_path, tier, "hello", "again") == ["hello again"]


@pytest.mark.parametrize("how, vector", [("overflow", 14), ("illegal", 6)])
def test_an_exception_ends_it_as_the_runner_learns_from_the_vdso(enclave, tmp_path, tier, how,
                                                                 vector):
    done = enclave.run(tmp_path, tier, how)
    assert done.returncode == FAILED
    assert f"function: EResume, exception_vector: {vector}," in done.stderr
    assert enclave.lines(tmp_path, tier, "hello", "again") == ["hello again"]


def talk(address, lines, answers):
    with socket.create_connection(address, timeout=60) as s, s.makefile("rw") as stream:
        for line in lines:
            print(line, file=stream, flush=True)
            answers.append(stream.readline().rstrip("\n"))


def test_it_serves_tcp_clients_in_threads(enclave, tmp_path, tier):
    lines = [f"line {n} of many" for n in range(50)]
    answers = [[] for _ in range(4)]
    server = subprocess.Popen(enclave.command(tmp_path, tier, ["serve", "4"]), text=True,
                              stdout=subprocess.PIPE)
    host, port = server.stdout.readline().strip().split(":")
    clients = [threading.Thread(target=talk, args=((host, int(port)), lines, a)) for a in answers]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert server.wait(60) == 0
    assert answers == [[line.upper() for line in lines]] * 4


def test_an_enclave_asks_an_enclave(enclave, tmp_path, tier):
    server = subprocess.Popen(enclave.command(tmp_path, tier, ["serve", "1"]), text=True,
                              stdout=subprocess.PIPE)
    address = server.stdout.readline().strip()
    assert enclave.lines(tmp_path, tier, "ask", address, "anybody there?") == ["ANYBODY THERE?"]
    assert server.wait(60) == 0


def own_target(report):
    """TARGETINFO of the enclave that made `report`"""
    return (report[64:96] + report[48:64]).ljust(52, b"\0") + report[16:20] + bytes(456)


def test_a_report_says_who_it_is(enclave, tmp_path, tier):
    report, key, mac = map(bytes.fromhex, enclave.lines(tmp_path, tier, "report", "some words"))
    assert report[64:96] == enclave.mrenclave()
    assert report[128:160] == enclave.mrsigner()
    assert report[320:384] == b"some words".ljust(64, b"\0")
    secret = (tmp_path / "platform" / "secret").read_bytes()
    assert key == aesm.report_key(secret, own_target(report), report[384:416])
    assert report[416:432] == mac == aesm.cmac(key, report[:384])


def test_seal_keys_are_the_nodes_the_enclaves_and_the_signers(enclave, talkative, tmp_path, tier):
    own, signers = enclave.lines(tmp_path / "node", tier, "seal")
    assert enclave.lines(tmp_path / "node", tier, "seal") == [own, signers]
    other, same = talkative.lines(tmp_path / "node", tier, "seal")
    assert other != own and same == signers
    elsewhere = enclave.lines(tmp_path / "other", tier, "seal")
    assert len({own, signers, *elsewhere}) == 4


class Relay:
    """The client inside has one TCP connection, the service answers one request a connection."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.carry, daemon=True).start()

    def carry(self):
        stream, _ = self.listener.accept()
        with stream, stream.makefile("rb") as requests:
            while size := requests.read(4):
                request = requests.read(struct.unpack("<I", size)[0])
                stream.sendall(aesm.exchange(self.path, size + request))


@pytest.fixture(scope="module")
def helper(tmp_path_factory):
    h = aesm.Helper(COFFER.parent, tmp_path_factory.mktemp("helper"))
    yield h
    h.stop()


def test_its_quote_is_accepted(enclave, helper, tmp_path, tier):
    relay = Relay(helper.socket)
    lines = enclave.lines(helper.state, tier, "quote", relay.address, "to be quoted")
    quote, qe_report, key, mac = map(bytes.fromhex, lines)
    assert quote[48 + 64:48 + 96] == enclave.mrenclave()
    assert quote[48 + 320:48 + 384] == b"to be quoted".ljust(64, b"\0")
    assert mac == aesm.cmac(key, qe_report[:384])
    assert qe_report[320:352] == hashlib.sha256(b"n" * 16 + quote).digest()
    (tmp_path / "quote").write_bytes(quote)
    collateral = helper.state / "collateral"
    done = subprocess.run([COFFER, "verify", f"--collateral={collateral}",
                           f"--trust-root={collateral / 'root.pem'}", tmp_path / "quote"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(enclave.mrenclave().hex(), done.stdout)


def test_an_enclave_of_another_node_gets_no_quote(enclave, helper, tmp_path, tier):
    relay = Relay(helper.socket)
    done = enclave.run(tmp_path, tier, "quote", relay.address, "x")
    assert done.returncode == FAILED and done.stdout == ""
