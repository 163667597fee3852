# SPDX-License-Identifier: Apache-2.0
"""libcoffer as an embedder meets it: the shared library by its symbols, the static one by
linking."""
import csv
import ctypes
import json
import os
import shutil
import subprocess

import pytest

from test_verify import blob, bundle_of, failures_expected

SOURCE_EXAMPLE = "examples/verify/verify.c"


class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 512)]


class Policy(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("accept", ctypes.c_uint),
                ("allow_debug", ctypes.c_bool),
                ("skew", ctypes.c_int64), ("grace", ctypes.c_int64), ("minimum", ctypes.c_uint32)]


def bytes_of(content):
    return Bytes(ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p), len(content))


@pytest.fixture(scope="module")
def case(vectors):
    with open(vectors / "cases" / "cases.tsv", encoding="utf-8") as table:
        rows = csv.DictReader(table, delimiter="\t")
        return next(row for row in rows if row["ver"] == "v5" and not failures_expected(row))


@pytest.fixture(scope="module")
def library(build):
    lib = ctypes.CDLL(str(build / "libcoffer.so"))
    lib.coffer_verdict_is_accepted.restype = ctypes.c_bool
    lib.coffer_version.restype = ctypes.c_char_p
    lib.coffer_verdict_report_data.restype = Bytes
    return lib


def test_shared_library_judges(library, case, vectors):
    verifier, collateral, verdict, text = (ctypes.c_void_p() for _ in range(4))
    error, policy = Error(), Policy()
    quote = blob(vectors, case["quote"]).read_bytes()
    library.coffer_policy_init(ctypes.byref(policy))
    assert library.coffer_verifier_new(Bytes(None, 0), ctypes.c_size_t(0), ctypes.byref(verifier),
                                       ctypes.byref(error)) == 0
    assert library.coffer_collateral_from_json(
        verifier, bytes_of(json.dumps(bundle_of(case, vectors)).encode()), ctypes.byref(collateral),
        ctypes.byref(error)) == 0, error.text
    for at, accepted in ((int(case["verify_at"]), True), (2000000000, False)):
        assert library.coffer_verify(verifier, collateral, bytes_of(quote), ctypes.c_int64(at),
                                     ctypes.byref(policy), ctypes.byref(verdict),
                                     ctypes.byref(error)) == 0
        assert library.coffer_verdict_is_accepted(verdict) == accepted
        data = library.coffer_verdict_report_data(verdict)
        assert ctypes.string_at(data.data, data.size) in quote and data.size == 64
        assert library.coffer_verdict_json(verdict, ctypes.byref(text), ctypes.byref(error)) == 0
        report = json.loads(ctypes.string_at(text.value))
        assert report["accepted"] == accepted and report["tcb_status"] == case["status"]
        library.coffer_text_free(text)
        library.coffer_verdict_free(verdict)
    library.coffer_collateral_free(collateral)
    library.coffer_verifier_free(verifier)


def test_errors_are_sentences(library):
    verifier, collateral = ctypes.c_void_p(), ctypes.c_void_p()
    error = Error()
    assert library.coffer_verifier_new(bytes_of(b"no root"), ctypes.c_size_t(0),
                                       ctypes.byref(verifier), ctypes.byref(error)) < 0
    assert b"trust root" in error.text
    assert library.coffer_verifier_new(Bytes(None, 0), ctypes.c_size_t(0), ctypes.byref(verifier),
                                       ctypes.byref(error)) == 0
    assert library.coffer_collateral_from_json(verifier, bytes_of(b"{"), ctypes.byref(collateral),
                                               ctypes.byref(error)) < 0
    assert b"collateral: json" in error.text
    library.coffer_verifier_free(verifier)


def test_no_verdict_reads_as_refused(library):
    text, error, check = ctypes.c_void_p(), Error(), (ctypes.c_void_p * 4)()
    assert not library.coffer_verdict_is_accepted(None)
    assert library.coffer_verdict_status(None) == 0
    assert library.coffer_verdict_report_data(None).size == 0
    assert library.coffer_verdict_check(None, ctypes.c_size_t(0), check)
    assert library.coffer_verdict_json(None, ctypes.byref(text), ctypes.byref(error)) == 0
    report = json.loads(ctypes.string_at(text.value))
    assert report["accepted"] is False and not any(c["ok"] for c in report["checks"])
    library.coffer_text_free(text)


def test_only_public_names_are_exported(build):
    names = subprocess.run(["nm", "-D", "--defined-only", build / "libcoffer.so"],
                           capture_output=True, text=True, check=True).stdout.split("\n")
    assert all("coffer_" in line or "COFFER_0.1" in line for line in names if line)
    archive = subprocess.run(["nm", "-g", "--defined-only", build / "libcoffer.a"],
                             capture_output=True, text=True, check=True).stdout.split("\n")
    assert all(" coffer_" in line for line in archive if " T " in line or " D " in line)


def test_static_library_links_the_example(build, case, vectors, tmp_path):
    source = os.environ.get("COFFER_SOURCE_ROOT",
                            os.path.join(os.path.dirname(__file__), "..", ".."))
    flags = ["-fsanitize=address,undefined"] if b"__asan_init" in (
        build / "libcoffer.a").read_bytes() else []
    subprocess.run([shutil.which("cc"), *flags, os.path.join(source, SOURCE_EXAMPLE), "-I",
                    os.path.join(source, "include"), build / "libcoffer.a", "-lcrypto", "-o",
                    tmp_path / "verify"], check=True)
    (tmp_path / "c.json").write_text(json.dumps(bundle_of(case, vectors)))
    run = subprocess.run([tmp_path / "verify", tmp_path / "c.json", blob(vectors, case["quote"])],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stdout.endswith("refused\n")
    assert "tcb_info.next_update: tcb_info expired" in run.stdout
    run = subprocess.run([tmp_path / "verify"], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "usage" in run.stderr
