# SPDX-License-Identifier: Apache-2.0
"""One quote in every form: `coffer verify` and `coffer inspect` find it, and say where."""
import base64
import ctypes
import errno
import hashlib
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import evidence  # noqa: E402
from authority.world import AT, World  # noqa: E402
from library import AT as LIBRARY_AT, Judge, load  # noqa: E402
from test_libcoffer import Bytes, Error, bytes_of  # noqa: E402

WORLDS = [(3, "SGX"), (4, "TD10"), (5, "TD15")]


class Party:
    """A relying party with collateral, who is given files."""

    def __init__(self, coffer, path, version, body, report_data=None):
        self.coffer, self.path = coffer, path
        self.world = World(version, body)
        if report_data:
            self.world.quote.body["report_data"] = report_data.ljust(64, b"\0")
        path.mkdir(exist_ok=True)
        for name, content in self.world.files().items():
            (path / name).write_bytes(content)
        self.quote = (path / "quote").read_bytes()

    def verify(self, content, *options):
        (self.path / "evidence").write_bytes(content)
        run = self.coffer("verify", "--json", f"--collateral={self.path}",
                          f"--trust-root={self.path / 'root.pem'}", f"--at={AT}", *options,
                          self.path / "evidence")
        return run.returncode, json.loads(run.stdout) if run.stdout else run.stderr

    def inspect(self, content, *options):
        (self.path / "evidence").write_bytes(content)
        run = self.coffer("inspect", "--json", *options, self.path / "evidence")
        return run.returncode, json.loads(run.stdout) if run.returncode == 0 else run.stderr


@pytest.mark.parametrize("version,body", WORLDS)
def test_every_form_is_read_by_both_commands(coffer, tmp_path, version, body):
    party = Party(coffer, tmp_path / "party", version, body)
    _, plain = party.inspect(party.quote)
    for name, content, form in evidence.forms(party.quote):
        status, report = party.verify(content)
        assert status == 0 and report["accepted"], (name, report)
        assert report["evidence"]["form"] == form, name
        assert report["evidence"]["binding"] is None
        assert [c for c in report["checks"] if c["name"] == "evidence.binding"] == []
        status, told = party.inspect(content)
        assert status == 0 and told["form"] == form, (name, told)
        assert told["quote"]["body"] == plain["quote"]["body"], name


@pytest.mark.parametrize("algorithm", evidence.KEYS)
@pytest.mark.parametrize("carrier", evidence.CARRIERS)
def test_ra_tls(coffer, tmp_path, carrier, algorithm):
    key, other = evidence.KEYS[algorithm](), evidence.KEYS[algorithm]()
    data, claims = evidence.report_data_of(carrier, key)
    party = Party(coffer, tmp_path / "party", 4, "TD10", data)
    content = evidence.content_of(carrier, party.quote, claims)
    certificate = evidence.certificate(carrier, key, content)
    for data in (certificate, evidence.pem(certificate)):
        status, report = party.verify(data)
        assert status == 0, report
        assert report["evidence"]["binding"] == "bound"
        assert evidence.CARRIERS[carrier] in report["evidence"]["form"]
        assert report["evidence"]["certificate"] == {
            "subject": "RA-TLS server", "key": algorithm,
            "not_before": "2026-06-01T00:00:00Z", "not_after": "2027-06-01T00:00:00Z"}
        status, told = party.inspect(data)
        assert status == 0 and told["binding"] == "bound"
        assert told["certificate"]["subject"] == "RA-TLS server"
    status, report = party.verify(evidence.certificate(carrier, other, content))
    assert status == 1 and report["evidence"]["binding"] == "not bound"
    assert [c["name"] for c in report["checks"] if not c["ok"]] == ["evidence.binding"]
    status, told = party.inspect(evidence.certificate(carrier, other, content))
    assert status == 0 and told["binding"] == "not bound"


def test_an_expired_certificate_is_remarked_on(coffer, tmp_path):
    key = evidence.KEYS["P-256"]()
    data, claims = evidence.report_data_of("gramine", key)
    party = Party(coffer, tmp_path / "party", 3, "SGX", data)
    certificate = evidence.certificate("gramine", key,
                                       evidence.content_of("gramine", party.quote, claims))
    status, report = party.verify(certificate, "--at=2026-05-31T00:00:00Z", "--skew=30d")
    assert any("not valid yet" in note for note in report["notes"]), report["notes"]


def test_open_enclave_claims_are_bound(coffer, tmp_path):
    claims = b"custom claims"
    party = Party(coffer, tmp_path / "party", 3, "SGX", hashlib.sha256(claims).digest())
    content = evidence.quotes.open_enclave_evidence(party.quote + claims)
    status, report = party.verify(content)
    assert status == 0 and report["evidence"]["binding"] == "bound"
    status, report = party.verify(content[:-1] + b"S")
    assert status == 1 and report["evidence"]["binding"] == "not bound"


def test_azure_vtpm_report_is_bound(coffer, tmp_path):
    runtime = b'{"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"AA"}]}'
    party = Party(coffer, tmp_path / "party", 4, "TD10", hashlib.sha256(runtime).digest())

    def bundle(report):
        return json.dumps({"version": 1, "hcl_report": list(report),
                           "td_quote": base64.urlsafe_b64encode(party.quote).decode()}).encode()
    status, report = party.verify(bundle(evidence.vtpm_report(runtime)))
    assert status == 0 and report["evidence"]["binding"] == "bound", report
    assert "vTPM" in report["evidence"]["binding_detail"]
    status, report = party.verify(bundle(evidence.vtpm_report(runtime + b" ")))
    assert status == 1 and report["evidence"]["binding"] == "not bound"
    status, reason = party.verify(evidence.vtpm_report(runtime))
    assert status == 2 and "looks like an Azure vTPM report" in reason


def test_two_quotes_are_undecided(coffer, tmp_path):
    party = Party(coffer, tmp_path / "party", 4, "TD10")
    other = Party(coffer, tmp_path / "other", 3, "SGX")
    content = json.dumps({"a": party.quote.hex(), "b": base64.b64encode(other.quote).decode()})
    for run in (party.verify, party.inspect):
        status, reason = run(content.encode())
        assert status == 2 and "hex in JSON, member a" in reason
        assert "base64 in JSON, member b" in reason
    same = json.dumps({"a": party.quote.hex(), "b": base64.b64encode(party.quote).decode()})
    assert party.verify(same.encode())[0] == 0


@pytest.mark.parametrize("content,looks", [
    (b"", "an empty file"), (b"\x7fELF" + bytes(900), "an ELF file"),
    (b"\x1f\x8b" + bytes(900), "a gzip file"), (b"some words\n" * 100, "text"),
    (b'{"status": "ok"}', "JSON"), (b"eyJhbGciOiJub25lIn0.e30.", "a JSON Web Token"),
    (bytes(432), "an SGX report"),
    (b"\x81" + bytes(1023), "a TD report"), (b"\xffTCG\x80\x18" + bytes(200), "a TPM quote"),
    (b"-----BEGIN CERTIFICATE-----\n", "PEM"), (b"HTTP/1.1 200 OK\r\n\r\n", "an HTTP response"),
    (bytes(range(256)) * 8, "binary data")])
def test_what_is_unreadable_is_named(coffer, tmp_path, content, looks):
    status, reason = Party(coffer, tmp_path / "party", 3, "SGX").verify(content)
    assert status == 2 and f"looks like {looks}" in reason and reason.count("\n") == 1


def test_a_cut_quote_inside_a_form_is_explained(coffer, tmp_path):
    party = Party(coffer, tmp_path / "party", 4, "TD10")
    text = base64.b64encode(party.quote[:2000]).decode()
    status, reason = party.verify(json.dumps({"quote": text}).encode())
    assert status == 2 and "looks like JSON" in reason and "ends inside" in reason


def test_a_file_that_only_contains_a_certificate_is_not_pem(coffer, tmp_path):
    party = Party(coffer, tmp_path / "party", 3, "SGX")
    status, reason = party.inspect(b"\x99" + party.quote)
    assert status == 2 and "binary data" in reason


@pytest.fixture
def library(build):
    lib = load(build)
    if not lib:
        pytest.skip("libcoffer was built with a sanitizer and cannot be loaded into Python")
    lib.coffer_evidence_form.restype = lib.coffer_evidence_binding_detail.restype = ctypes.c_char_p
    lib.coffer_evidence_quote.restype = lib.coffer_evidence_certificate.restype = Bytes
    return lib


def content(of):
    return ctypes.string_at(of.data, of.size) if of.size else b""


@pytest.mark.parametrize("own", [True, False])
def test_the_library_finds_and_judges(library, tmp_path, coffer, own):
    key, other = evidence.KEYS["P-256"](), evidence.KEYS["P-256"]()
    data, claims = evidence.report_data_of("dice", key)
    party = Party(coffer, tmp_path / "party", 4, "TD10", data)
    certificate = evidence.certificate("dice", key if own else other,
                                       evidence.content_of("dice", party.quote, claims))
    found, verdict, error = ctypes.c_void_p(), ctypes.c_void_p(), Error()
    assert library.coffer_evidence_find(bytes_of(evidence.pem(certificate)), ctypes.byref(found),
                                        ctypes.byref(error)) == 0, error.text
    assert b"TCG DICE" in library.coffer_evidence_form(found)
    assert content(library.coffer_evidence_quote(found)) == party.quote
    assert content(library.coffer_evidence_certificate(found)) == certificate
    assert library.coffer_evidence_binding(found) == (1 if own else 2)
    assert library.coffer_evidence_binding_detail(found)
    judge = Judge(library, party.world.files()["root.pem"])
    collateral = judge.collateral(party.world.files())
    assert library.coffer_verify_evidence(judge.verifier, collateral, found,
                                          ctypes.c_int64(LIBRARY_AT), ctypes.byref(judge.policy),
                                          None, ctypes.byref(verdict), ctypes.byref(error)) == 0
    library.coffer_evidence_free(found)
    assert library.coffer_verdict_is_accepted(verdict) == own
    library.coffer_verdict_free(verdict)
    library.coffer_collateral_free(collateral)
    judge.close()


def test_the_library_says_what_it_was_given(library):
    found, error = ctypes.c_void_p(), Error()
    assert library.coffer_evidence_find(bytes_of(b"hello"), ctypes.byref(found),
                                        ctypes.byref(error)) == -errno.EBADMSG
    assert b"looks like text" in error.text and not found
    assert library.coffer_evidence_find(Bytes(None, 0), ctypes.byref(found), None) < 0
    assert library.coffer_evidence_form(None) == b""
    assert library.coffer_evidence_binding(None) == 2
    assert library.coffer_evidence_quote(None).size == 0
    library.coffer_evidence_free(None)
