# SPDX-License-Identifier: Apache-2.0
"""coffer quote: reports in, quotes out, and why not."""
import socket
import struct
import threading

import pytest

import aesm_client as aesm


@pytest.fixture(scope="module")
def helper(build, tmp_path_factory):
    h = aesm.Helper(build, tmp_path_factory.mktemp("quote"))
    yield h
    h.stop()


def make_report(coffer, helper, tmp_path):
    """A report for the target info that `coffer quote` fetched"""
    run = coffer("quote", "--via", helper.socket, "--target-info", tmp_path / "target")
    assert run.returncode == 0, run.stderr
    target = (tmp_path / "target").read_bytes()
    (tmp_path / "report").write_bytes(aesm.report(helper.secret(), target, b"from a file"))
    return tmp_path / "report"


def test_a_quote_for_a_report_verifies(coffer, helper, tmp_path):
    report = make_report(coffer, helper, tmp_path)
    run = coffer("quote", "--via", helper.socket, "--report", report, "--out", tmp_path / "quote")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    quote = (tmp_path / "quote").read_bytes()
    assert quote[48:432] == report.read_bytes()[:384]
    assert len(quote) == aesm.quote_size(helper.socket)
    collateral = helper.state / "collateral"
    run = coffer("verify", "--collateral", collateral, "--trust-root", collateral / "root.pem",
                 tmp_path / "quote")
    assert run.returncode == 0, run.stdout
    run = coffer("verify", "--collateral", collateral, tmp_path / "quote")
    assert run.returncode == 1 and "is not the trusted one" in run.stdout


def test_a_tampered_report_is_refused_with_the_reason(coffer, helper, tmp_path):
    report = make_report(coffer, helper, tmp_path)
    content = bytearray(report.read_bytes())
    content[64] ^= 1  # MRENCLAVE
    report.write_bytes(content)
    run = coffer("quote", "--via", helper.socket, "--report", report, "--out", tmp_path / "quote")
    assert run.returncode == 1 and "AESM error 47" in run.stderr
    assert not (tmp_path / "quote").exists()


def test_nobody_listens(coffer, tmp_path):
    (tmp_path / "report").write_bytes(bytes(432))
    run = coffer("quote", "--via", tmp_path / "absent", "--report", tmp_path / "report", "--out",
                 "x")
    assert run.returncode == 2 and str(tmp_path / "absent") in run.stderr


def test_a_service_that_starts_a_moment_later_is_waited_for(coffer, build, tmp_path):
    h = aesm.Helper(build, tmp_path)
    report = make_report(coffer, h, tmp_path)
    h.stop()
    result = []
    client = threading.Thread(target=lambda: result.append(
        coffer("quote", "--via", h.socket, "--report", report, "--out", tmp_path / "quote")))
    client.start()
    client.join(0.3)
    h.start()
    client.join(30)
    assert result[0].returncode == 0, result[0].stderr
    h.stop()


@pytest.mark.parametrize("answer",
                         [b"", b"\x05\0\0\0\xaa", b"\xff\xff\xff\x7f", aesm.frame(b"\xff\xff"),
                                    aesm.frame(aesm.message(aesm.KEY_COUNT, (1, 0)))],
                         ids=["nothing", "cut", "huge", "garbage", "another"])
def test_a_service_that_talks_nonsense(coffer, tmp_path, answer):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()

    def serve():
        peer, _ = listener.accept()
        peer.recv(4096)
        peer.sendall(answer)
        peer.close()

    server = threading.Thread(target=serve)
    server.start()
    run = coffer("quote", "--via", tmp_path / "s", "--target-info", tmp_path / "target")
    server.join()
    listener.close()
    assert run.returncode == 2 and run.stderr.startswith("coffer quote: ")


def test_a_service_that_drips_meets_the_deadline(coffer, tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    stop = threading.Event()

    def drip():
        peer, _ = listener.accept()
        try:
            peer.sendall(b"\xff\x0f\0\0")
            while not stop.wait(0.1):
                peer.sendall(b"\0")
        except OSError:
            pass
        peer.close()

    server = threading.Thread(target=drip)
    server.start()
    run = coffer("quote", "--via", tmp_path / "s", "--target-info", tmp_path / "t", "--deadline=1")
    stop.set()
    server.join()
    listener.close()
    assert run.returncode == 2 and "deadline" in run.stderr


MISUSE = [["--report", "a", "--deadline", "0"], ["--report", "a", "--deadline", "x"],
          [], ["--report", "a", "--report-data", "00"], ["--report", "absent"], ["stray"],
          ["--report-data", "xyz"], ["--report-data", "00" * 65]]


@pytest.mark.parametrize("arguments", MISUSE,
                         ids=[" ".join(row)[:30] or "nothing" for row in MISUSE])
def test_misuse_is_named(coffer, helper, arguments):
    run = coffer("quote", "--via", helper.socket, *arguments)
    assert run.returncode == 2 and "coffer quote" in run.stderr


def test_a_report_of_the_wrong_size(coffer, helper, tmp_path):
    for size in (0, 431, 433):
        (tmp_path / "report").write_bytes(bytes(size))
        run = coffer("quote", "--via", helper.socket, "--report", tmp_path / "report", "--out", "x")
        assert run.returncode == 2


@pytest.fixture
def software_sgx(build):
    """Enclaves run here by the emulator, whatever the machine is."""
    if not (build / "libcoffer-sgx.so").exists():
        pytest.skip("this build has no libcoffer-sgx.so")


def test_the_report_enclave_binds_report_data(software_sgx, coffer, helper, tmp_path):
    run = coffer("quote", "--via", helper.socket, "--state", helper.state, "--report-data",
                 "c0ffee",
                 "--out", tmp_path / "quote")
    assert run.returncode == 0, run.stderr
    quote = (tmp_path / "quote").read_bytes()
    assert quote[48 + 320:432] == bytes.fromhex("c0ffee").ljust(64, b"\0")
    collateral = helper.state / "collateral"
    run = coffer("verify", "--collateral", collateral, "--trust-root", collateral / "root.pem",
                 tmp_path / "quote")
    assert run.returncode == 0, run.stdout


def test_a_tampered_enclave_gets_no_quote(software_sgx, build, coffer, helper, tmp_path):
    content = bytearray((build / "examples" / "report" / "report.signed").read_bytes())
    headers, = struct.unpack_from("<Q", content, 32)
    code = next(offset for kind, flags, offset in
                (struct.unpack_from("<IIQ", content, headers + 56 * i) for i in range(8))
                if kind == 1 and flags & 1)
    content[code] ^= 1
    (tmp_path / "tampered").write_bytes(content)
    run = coffer("quote", "--via", helper.socket, "--state", helper.state, "--report-data",
                 "c0ffee",
                 "--enclave", tmp_path / "tampered", "--out", tmp_path / "quote")
    assert run.returncode == 2 and "EINIT refused" in run.stderr
    assert not (tmp_path / "quote").exists()


def test_an_enclave_of_another_node_gets_no_quote(software_sgx, coffer, helper, tmp_path):
    run = coffer("quote", "--via", helper.socket, "--state", tmp_path / "elsewhere",
                 "--report-data",
                 "00", "--out", tmp_path / "quote")
    assert run.returncode == 1 and "AESM error 47" in run.stderr
