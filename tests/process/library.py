# SPDX-License-Identifier: Apache-2.0
"""libcoffer through ctypes: one verifier, for tests that judge by the thousand."""
import ctypes
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority.world import World  # noqa: E402
from test_libcoffer import Bytes, Error, Policy, bytes_of  # noqa: E402

AT = 1781524800  # 2026-06-15T12:00:00Z, when the authority's worlds are in date
FIELDS = {"tcbinfo.json": "tcb_info", "qeid.json": "qe_identity", "pckcrl.der": "pck_crl",
          "rootcrl.der": "root_ca_crl", "tcbchain.pem": "tcb_info_issuer_chain",
          "qeidchain.pem": "qe_identity_issuer_chain", "pckcrlchain.pem": "pck_crl_issuer_chain"}


class Pieces(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t)] + [(name, Bytes) for name in (
        "tcb_info", "tcb_info_signature", "qe_identity", "qe_identity_signature", "pck_crl",
        "root_ca_crl", "tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain",
        "pck_certificate_chain")]


def load(build):
    """the library, or None where it cannot be loaded into Python"""
    path = build / "libcoffer.so"
    if b"__asan_init" in path.read_bytes():
        return None
    lib = ctypes.CDLL(str(path))
    lib.coffer_verdict_is_accepted.restype = ctypes.c_bool
    return lib


class Judge:
    """Collateral is made anew for each set of files."""

    def __init__(self, library, root):
        self.library, self.error, self.policy = library, Error(), Policy()
        self.verifier = ctypes.c_void_p()
        library.coffer_policy_init(ctypes.byref(self.policy))
        assert library.coffer_verifier_new(bytes_of(root), ctypes.c_size_t(16),
                                           ctypes.byref(self.verifier), None) == 0

    def close(self):
        self.library.coffer_verifier_free(self.verifier)

    def collateral(self, files):
        made, pieces = ctypes.c_void_p(), Pieces(size=ctypes.sizeof(Pieces))
        for name, field in FIELDS.items():
            setattr(pieces, field, bytes_of(files[name]))
        assert self.library.coffer_collateral_new(self.verifier, ctypes.byref(pieces),
                                                  ctypes.byref(made), ctypes.byref(self.error)) == 0
        return made

    def _verdict(self, collateral, quote):
        verdict = ctypes.c_void_p()
        assert self.library.coffer_verify(self.verifier, collateral, bytes_of(quote),
                                          ctypes.c_int64(AT), ctypes.byref(self.policy),
                                          ctypes.byref(verdict), ctypes.byref(self.error)) == 0
        return verdict

    def accepts(self, collateral, quote):
        verdict = self._verdict(collateral, quote)
        accepted = self.library.coffer_verdict_is_accepted(verdict)
        self.library.coffer_verdict_free(verdict)
        return accepted

    def report(self, files):
        """the whole report on a world's files"""
        collateral, text = self.collateral(files), ctypes.c_void_p()
        verdict = self._verdict(collateral, files["quote"])
        assert self.library.coffer_verdict_json(verdict, ctypes.byref(text), None) == 0
        report = json.loads(ctypes.string_at(text.value))
        self.library.coffer_text_free(text)
        self.library.coffer_verdict_free(verdict)
        self.library.coffer_collateral_free(collateral)
        return report


@pytest.fixture(scope="module")
def judge(build):
    """A judge that trusts the root of the authority's worlds"""
    library = load(build)
    if not library:
        pytest.skip("a sanitized library cannot be loaded into Python")
    made = Judge(library, World().files()["root.pem"])
    yield made
    made.close()


def failures(report):
    """name -> detail of every check that did not pass"""
    return {check["name"]: check["detail"] for check in report["checks"] if not check["ok"]}
