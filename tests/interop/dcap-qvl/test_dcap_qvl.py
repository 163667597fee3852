# SPDX-License-Identifier: Apache-2.0
"""Every vector, and the software platform's quotes, before dcap-qvl 0.7.1: it agrees with the
expectations, or the difference is one that is known and named here.

An answer is "refused", or the TCB status; what the relying party's policy makes of a status, a
debug enclave or a service TD is neither verifier's matter here. Run by tests/interop/dcap-qvl/run.
"""
import base64
import csv
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS / "process"))
import aesm_client as aesm  # noqa: E402

CHECK = os.environ.get("DCAP_QVL_CHECK")
pytestmark = pytest.mark.skipif(not CHECK, reason="run tests/interop/dcap-qvl/run")
BUILD = pathlib.Path(os.environ.get("COFFER_BUILD_ROOT", TESTS.parent / "build"))
VECTORS = TESTS / "vectors"
CASES = sorted(path.name for path in VECTORS.iterdir())
REAL = pathlib.Path(os.environ.get("COFFER_VECTORS", TESTS.parent.parent / "shared" / "vectors"))
COLUMNS = {"quote": "quote", "tcbinfo": "tcbinfo.json", "qeid": "qeid.json", "pckcrl": "pckcrl.der",
           "rootcrl": "rootcrl.der", "tcbchain": "tcbchain.pem", "qeidchain": "qeidchain.pem",
           "pckcrlchain": "pckcrlchain.pem"}
REAL_REASONS = ("missing field `sgxtcbcomponents`",)  # v2 TCB info
AT = 1781524800  # 2026-06-15T12:00:00Z, as in every expect.json

# We take what it does not: each with its reason.
ONLY_WE_ACCEPT = {
    "cert-data-type-4": "Unsupported DCAP PCK cert format",
    "good-chain-order": "CaUsedAsEndEntity",
    "good-open-enclave-evidence": "Failed to decode quote",
    "good-open-enclave-report": "Failed to decode quote",
    "good-tcb-info-v2": "missing field `sgxtcbcomponents`",
    "good-v4-sgx": "SGX TEE quote must have version 3",
    "good-v5-sgx": "SGX TEE quote must have version 3",
    "pck-not-yet-valid-within-skew": "CertNotValidYet",
    "qe-auth-data-empty": "Invalid QE auth data length",
}

# Checks of the relying party's policy about TDs.
TD_POLICY = {"td.attributes", "td.xfam"}

# We refuse, as QVL does or more strictly, what it takes for UpToDate.
ONLY_WE_REFUSE = {
    "cert-data-type-1-of-another-platform", "cert-data-type-2-short", "crl-from-the-future",
    "crl-without-number", "grace-not-for-root", "level-twice", "pck-extension-without-2-1",
    "pck-extension-without-2-16", "pck-without-authority-key-id", "pck-without-basic-constraints",
    "pck-without-crl-point", "pck-without-key-usage", "pck-without-subject-key-id",
    "root-no-extensions", "root-not-self-signed", "root-wrong-curve", "tcb-info-pceid",
    "tcb-info-type",
    "tcb-info-version", "tcb-signer-extensions", "tcb-signer-name",
}


def judge(directories, now):
    done = subprocess.run([CHECK, str(now), *map(str, directories)], capture_output=True, text=True,
                          check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    top = tmp_path_factory.mktemp("vectors")
    expected = {}
    for name in CASES:
        expected[name] = json.loads((VECTORS / name / "expect.json").read_text())
        (top / name).mkdir()
        for source in (VECTORS / expected[name]["base"], VECTORS / name):
            for path in source.iterdir():
                (top / name / path.name).write_bytes(path.read_bytes())
        for absent in expected[name]["absent"]:
            (top / name / absent).unlink()
    given = dict(zip(CASES, judge([top / name for name in CASES], AT)))
    return {name: (expected[name], given[name]) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_vector(answers, name):
    expected, given = answers[name]
    is_refused = bool(set(expected["fails"]) - {"tcb.status", "quote.debug"} - TD_POLICY)
    if name.startswith("grace-") and expected["accepted"]:
        assert "expired" in given["refused"].lower()  # it has no grace
    elif set(expected["fails"]) & TD_POLICY or name.startswith(("td-attributes-", "td-xfam-")):
        pass  # what a policy makes of a TD's attributes is not the status
    elif name in ONLY_WE_ACCEPT:
        assert expected["accepted"] and ONLY_WE_ACCEPT[name] in given["refused"]
    elif name in ONLY_WE_REFUSE:
        assert is_refused and given["status"] == "UpToDate"
    elif "evoked" in given.get("refused", ""):
        # to it a revoked level is an error; to us a status, also when only the running module's is
        assert is_refused or "Revoked" in (expected["tcb_status"], expected["current_tcb_status"])
    elif is_refused:
        assert "refused" in given
    else:
        assert given["status"] == expected["tcb_status"]
        assert sorted(set(given["advisory_ids"])) == expected["advisory_ids"]


def test_every_difference_is_of_a_case_that_exists():
    assert ONLY_WE_REFUSE | set(ONLY_WE_ACCEPT) <= set(CASES)


def real_cases():
    if not (REAL / "cases" / "cases.tsv").is_file():
        return []
    with open(REAL / "cases" / "cases.tsv", encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def test_real_cases(tmp_path):
    """Intel's own: the same status, but what it never accepts (see dcap-qvl's README)"""
    rows = real_cases()
    if not rows:
        pytest.skip(f"no real attestation data at {REAL} (set COFFER_VECTORS)")
    root = base64.encodebytes((REAL / "intel-sgx-root-ca.der").read_bytes()).decode()
    agreed = 0
    for number, row in enumerate(rows):
        directory = tmp_path / str(number)
        directory.mkdir()
        for column, name in COLUMNS.items():
            (directory / name).write_bytes((REAL / "cases" / "blobs" / row[column]).read_bytes())
        (directory / "root.pem").write_text(
            f"-----BEGIN CERTIFICATE-----\n{root}-----END CERTIFICATE-----\n")
        answer = judge([directory], int(row["verify_at"]))[0]
        if "status" in answer:
            assert answer["status"] == row["status"]
            agreed += 1
        else:
            is_known = (row["status"] == "TCB_NOT_SUPPORTED"
                        or row["leaf_notbefore_after_verify_at"] == "1"
                        or any(reason in answer["refused"] for reason in REAL_REASONS))
            assert is_known, (row, answer)
    assert agreed >= 60


@pytest.mark.parametrize("ca", ["platform", "processor"])
def test_software_quote(tmp_path, ca):
    helper = aesm.Helper(BUILD, tmp_path, f"--pck-ca={ca}")
    quote = aesm.quote(helper.socket, helper.report(b"dcap-qvl"))
    helper.stop()
    directory = helper.state / "collateral"
    (directory / "quote").write_bytes(quote)
    now = int(time.time())
    assert judge([directory], now) == [{"status": "UpToDate", "advisory_ids": []}]
    assert "refused" in judge([directory], now + 60 * 86400)[0]
    for at in (48, 432 + 4, 436 + 64, 436 + 128):
        (directory / "quote").write_bytes(quote[:at] + bytes([quote[at] ^ 1]) + quote[at + 1:])
        assert "refused" in judge([directory], now)[0]
