# SPDX-License-Identifier: Apache-2.0
"""The hardware backend against a double of Intel's quote library: calls, causes, remedies."""
import os
import time

import pytest

import aesm_client as aesm


class IntelHelper(aesm.Helper):
    """A helper with Intel's backend; `double` is a directory with the library, None for none"""

    def __init__(self, build, directory, *arguments, double="", fail=None, delay_ms=None):
        self.calls = directory / "calls"
        self.environment = {**os.environ, "COFFER_FAKE_QL_LOG": str(self.calls)}
        if double is not None:
            self.environment["LD_LIBRARY_PATH"] = str(build / "tests" / "fakes" / double)
        if fail:
            self.environment["COFFER_FAKE_QL_FAIL"] = fail
        if delay_ms:
            self.environment["COFFER_FAKE_QL_DELAY_MS"] = str(delay_ms)
        super().__init__(build, directory, "--quote-backend=intel", *arguments)

    def start(self, wait=True, **environment):
        super().start(wait, env=self.environment)

    def called(self):
        return self.calls.read_text().split("\n")[:-1] if self.calls.exists() else []


REPORT = b"\x07" * 432


def ask_quote(h, *extra):
    return aesm.ask(h.socket, aesm.QUOTE_EX, (1, REPORT), (2, aesm.KEY_ID), *extra, (4, 8192))[1]


def test_each_request_makes_its_call(build, tmp_path):
    h = IntelHelper(build, tmp_path)
    assert h.called() == []
    target, key_id = aesm.init(h.socket)
    assert target == b"\x11" * 512 and key_id == b"\x22" * 32
    assert aesm.quote_size(h.socket) == 4600
    quote = ask_quote(h)[2]
    assert quote[48:432] == REPORT[:384]
    assert quote[4599] == 0x33 and quote[4600:] == bytes(8192 - 4600)
    fields = ask_quote(h, (3, bytes(960)))
    assert fields[3] == bytes(528) + b"\x44" * 432
    assert h.called() == ["sgx_qe_set_enclave_load_policy", "sgx_ql_init_quote",
                          "sgx_qe_get_quote_size",
                          "sgx_qe_get_quote", "sgx_ql_get_quote"]
    h.stop()


def test_without_the_logic_library_what_it_alone_can_do_is_refused(build, tmp_path):
    h = IntelHelper(build, tmp_path, double="without-qe3-logic")
    fields = aesm.ask(h.socket, aesm.INIT_EX, (1, aesm.KEY_ID), (3, 0))[1]
    assert fields[2] == b"\x11" * 512
    assert ask_quote(h)[1] == 0
    assert ask_quote(h, (3, bytes(960))) == {1: 40, 3: bytes(960)}
    assert "libsgx-qe3-logic" in h.text()
    h.stop()


def test_a_missing_library_is_named_and_found_when_it_comes(build, tmp_path):
    h = IntelHelper(build, tmp_path, double=None)
    assert aesm.ask(h.socket, aesm.INIT_EX, (1, aesm.KEY_ID), (3, 0))[1] == {1: 30, 3: 0}
    assert "libsgx_dcap_ql.so.1" in h.text() and "install libsgx-dcap-ql" in h.text()
    assert aesm.ask(h.socket, aesm.SIZE_EX, (1, aesm.KEY_ID))[1] == {1: 30, 2: 0}
    assert ask_quote(h) == {1: 30}
    h.stop()


CAUSES = [
    ("sgx_qe_get_quote=e001", 1, "the library's own log"),
    ("sgx_qe_get_quote=e00e", 41, "az-dcap-client"),
    ("sgx_qe_get_quote=e00f", 42, "target info again"),
    ("sgx_qe_get_quote=e011", 44, "--pccs-url"),
    ("sgx_qe_get_quote=e012", 29, "EPC"),
    ("sgx_qe_get_quote=e015", 47, "not one of this machine"),
    ("sgx_qe_get_quote=e016", 48, "/dev/sgx_enclave"),
    ("sgx_qe_get_quote=e018", 50, "/dev/sgx_provision"),
    ("sgx_qe_get_quote=e019", 12, "PCCS cannot be reached"),
    ("sgx_qe_get_quote=e035", 50, "no permission to provision"),
    ("sgx_qe_get_quote=e03f", 2, "no SGX device"),
    ("sgx_qe_get_quote=e041", 12, "PCCS cannot be reached"),
    ("sgx_qe_get_quote=e047", 31, "register it"),
    ("sgx_qe_get_quote=e049", 44, "is it registered"),
    ("sgx_qe_get_quote=e0ff", 1, "the library's own log"),
]


@pytest.mark.parametrize("fail,code,remedy", CAUSES, ids=[row[0].split("=")[1] for row in CAUSES])
def test_each_failure_has_its_cause_and_remedy(build, tmp_path, fail, code, remedy):
    h = IntelHelper(build, tmp_path, fail=fail)
    assert ask_quote(h) == {1: code}
    assert remedy in h.text() and f"0x{fail.split('=')[1]}" in h.text()
    h.stop()


def test_a_slow_backend_does_not_hold_the_others(build, tmp_path):
    h = IntelHelper(build, tmp_path, "--deadline=1", delay_ms=1500)
    slow = aesm.connect(h.socket)
    slow.sendall(aesm.frame(aesm.message(aesm.QUOTE_EX, (1, REPORT), (2, aesm.KEY_ID), (4, 8192))))
    deadline = time.monotonic() + 10
    while "sgx_qe_get_quote" not in h.called() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert aesm.ask(h.socket, aesm.KEY_COUNT)[1] == {1: 0, 2: 1}  # answered while the quote is made
    assert aesm.exchange(h.socket, b"\xff\xff\xff\xff") == b""
    answer = aesm.read_all(slow)
    assert aesm.parse(aesm.parse(answer[4:])[aesm.QUOTE_EX]) == {1: 19}
    slow.close()
    h.stop()


def test_equal_requests_share_a_call(build, tmp_path):
    h = IntelHelper(build, tmp_path, delay_ms=300)
    request = aesm.frame(aesm.message(aesm.QUOTE_EX, (1, REPORT), (2, aesm.KEY_ID), (4, 8192)))
    clients = [aesm.connect(h.socket) for _ in range(10)]
    for s in clients:
        s.sendall(request)
    answers = {aesm.read_all(s) for s in clients}
    assert len(answers) == 1 and len(answers.pop()) > 8192
    assert h.called().count("sgx_qe_get_quote") == 1
    for s in clients:
        s.close()
    h.stop()


def test_who_leaves_is_not_quoted(build, tmp_path):
    h = IntelHelper(build, tmp_path, delay_ms=300)
    first = aesm.connect(h.socket)
    first.sendall(aesm.frame(aesm.message(aesm.QUOTE_EX, (1, REPORT), (2, aesm.KEY_ID), (4, 8192))))
    second = aesm.connect(h.socket)
    second.sendall(aesm.frame(aesm.message(aesm.QUOTE_EX, (1, b"\x08" * 432), (2, aesm.KEY_ID),
                                           (4, 8192))))
    time.sleep(0.05)
    second.close()
    assert len(aesm.read_all(first)) > 8192
    first.close()
    assert ask_quote(h)[1] == 0
    assert h.called().count("sgx_qe_get_quote") == 2
    h.stop()


def test_the_pccs_address_is_handed_through(build, tmp_path):
    h = IntelHelper(build, tmp_path, "--pccs-url=https://pccs.example/sgx/certification/v4/")
    conf = (h.state / "qcnl.conf").read_text()
    assert conf == ('{"pccs_url":"https://pccs.example/sgx/certification/v4/",'
                    '"use_secure_cert":true}\n')
    environ = open(f"/proc/{h.process.pid}/environ", "rb").read()
    assert b"SGX_AESM_ADDR" not in environ
    h.stop()
