# SPDX-License-Identifier: Apache-2.0
"""Fortanix's aesm-client gets quotes: key ids, init, size, quote with a QE report for the
enclave."""
import hashlib
import os
import pathlib
import struct
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(SOURCE / "tests" / "process"))
import aesm_client as aesm  # noqa: E402

CLIENT = os.environ.get("FORTANIX_CLIENT")
pytestmark = pytest.mark.skipif(not CLIENT, reason="run tests/interop/aesm-client/run")


@pytest.fixture(scope="module")
def helper(tmp_path_factory):
    h = aesm.Helper(pathlib.Path(os.environ["COFFER_BUILD_ROOT"]),
                    tmp_path_factory.mktemp("fortanix"))
    yield h
    h.stop()


def ask(helper, change=lambda report: report):
    """(report, the client's lines after the target info and key id, its status)"""
    client = subprocess.Popen([CLIENT, str(helper.socket)], stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    target = bytes.fromhex(client.stdout.readline())
    key_id = bytes.fromhex(client.stdout.readline())
    report = change(aesm.report(helper.secret(), target, b"fortanix"))
    rest, _ = client.communicate(report.hex() + "\n", timeout=60)
    return report, key_id, rest.split("\n")[:-1], client.returncode


def test_it_gets_a_quote_and_a_qe_report_for_its_enclave(helper):
    report, key_id, lines, status = ask(helper)
    quote, qe_report = map(bytes.fromhex, lines)
    assert status == 0 and quote[48:432] == report[:384]
    assert len(quote) == aesm.quote_size(helper.socket)
    assert key_id == hashlib.sha256(quote[500:564] + quote[1014:1046]).digest()
    own_target = (report[64:96] + report[48:64]).ljust(52, b"\0") + struct.pack("<I",
                                                                                0) + bytes(456)
    key = aesm.report_key(helper.secret(), own_target, qe_report[384:416])
    assert qe_report[416:432] == aesm.cmac(key, qe_report[:384])
    assert qe_report[320:352] == hashlib.sha256(b"n" * 16 + quote).digest()


def test_it_is_told_that_a_tampered_report_is_invalid(helper):
    _, _, lines, status = ask(helper, lambda report: report[:64] + b"\1" + report[65:])
    assert status == 1 and lines[0].startswith("refused") and "InvalidReport" in lines[0]
