# SPDX-License-Identifier: Apache-2.0
"""coffer verify: every real case through the command, and the contract of its exit status."""
import base64
import csv
import json

import pytest

from conftest import SOURCE

FILES = {"tcbinfo": "tcbinfo.json", "qeid": "qeid.json", "pckcrl": "pckcrl.der",
         "rootcrl": "rootcrl.der", "tcbchain": "tcbchain.pem", "qeidchain": "qeidchain.pem",
         "pckcrlchain": "pckcrlchain.pem"}
GOOD = ("UpToDate", "SWHardeningNeeded")


@pytest.fixture(scope="module")
def cases(vectors):
    with open(vectors / "cases" / "cases.tsv", encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    assert len(rows) == 84
    return rows


def blob(vectors, name):
    return vectors / "cases" / "blobs" / name


def directory_of(case, vectors, path):
    path.mkdir()
    for column, name in FILES.items():
        (path / name).symlink_to(blob(vectors, case[column]))
    return path


def bundle_of(case, vectors):
    """The one-file form, split and encoded as other tools write it."""
    def read(column):
        return blob(vectors, case[column]).read_bytes()

    def signed(column, member):
        text = read(column).decode()
        body = json.loads(text)
        inner = text[text.index("{", 1):text.rindex("}", 0, text.rindex('"signature"')) + 1]
        assert json.loads(inner) == body[member]
        return inner, body["signature"]
    tcb_info, tcb_signature = signed("tcbinfo", "tcbInfo")
    identity, identity_signature = signed("qeid", "enclaveIdentity")
    return {"tcb_info": tcb_info, "tcb_info_signature": tcb_signature, "qe_identity": identity,
            "qe_identity_signature": identity_signature, "pck_crl": read("pckcrl").hex(),
            "root_ca_crl": read("rootcrl").hex(),
            "tcb_info_issuer_chain": read("tcbchain").decode(),
            "qe_identity_issuer_chain": read("qeidchain").decode(),
            "pck_crl_issuer_chain": read("pckcrlchain").decode()}


def failures_expected(case):
    expected = set()
    if case["leaf_notbefore_after_verify_at"] == "1":
        expected.add("pck_chain.not_before")
    if case["debug"] == "1":
        expected.add("quote.debug")
    if case["status"] not in GOOD:
        expected.add("tcb.status")
    if case["status"] == "TCB_NOT_SUPPORTED":
        expected.add("tcb.level")
    return expected


def test_every_real_case(cases, vectors, coffer, tmp_path):
    accepted = 0
    for number, case in enumerate(cases):
        run = coffer("verify", "--json", "--at", case["verify_at"], "--collateral",
                     directory_of(case, vectors, tmp_path / str(number)),
                     blob(vectors, case["quote"]))
        report = json.loads(run.stdout)
        where = f"row {number + 1}, quote {case['quote_id']}"
        for key, column in (("tcb_status", "status"), ("launch_tcb_status", "launch_status"),
                            ("current_tcb_status", "current_status"), ("tcb_date", "tcb_date"),
                            ("tcb_evaluation_data_number", "tcb_eval_num"), ("fmspc", "fmspc")):
            if case[column]:
                assert str(report[key]) == case[column], (where, key)
        assert ",".join(report["advisory_ids"]) == case["advisory_ids"], where
        failed = {check["name"] for check in report["checks"] if not check["ok"]}
        assert failed == failures_expected(case), where
        assert report["accepted"] == (not failed), where
        assert run.returncode == (0 if report["accepted"] else 1), where
        accepted += report["accepted"]
    assert accepted > 0


@pytest.fixture(scope="module")
def good(cases):
    """An accepted case of each version of quote."""
    return {case["ver"]: case for case in cases if not failures_expected(case)}


def test_one_file_collateral_means_the_same(good, vectors, coffer, tmp_path):
    for case in good.values():
        path = tmp_path / f"{case['ver']}.json"
        path.write_text(json.dumps(bundle_of(case, vectors)))
        quote = blob(vectors, case["quote"])
        one = coffer("verify", "--json", "--at", case["verify_at"], "--collateral", path, quote)
        many = coffer("verify", "--json", "--at", case["verify_at"], "--collateral",
                      directory_of(case, vectors, tmp_path / case["ver"]), quote)
        assert one.returncode == 0 and one.stdout == many.stdout


def test_text_names_the_verdict_first(good, vectors, coffer, tmp_path):
    case = good["v3"]
    path = directory_of(case, vectors, tmp_path / "c")
    run = coffer("verify", "--at", case["verify_at"], "--collateral", path,
                 blob(vectors, case["quote"]))
    assert run.returncode == 0 and run.stdout.startswith(f" ACCEPTED   {case['status']}\n")
    run = coffer("verify", "--at", "2045-01-01T00:00:00Z", "--collateral", path,
                 blob(vectors, case["quote"]))
    assert run.returncode == 1 and run.stdout.startswith(f" REFUSED   {case['status']}  ")
    assert "tcb_info expired" in run.stdout


def test_colour_is_for_terminals_or_on_demand(good, vectors, coffer):
    quote = blob(vectors, good["v3"]["quote"])
    assert "\033[" not in coffer("verify", quote).stdout
    assert coffer("verify", "--color=always", quote).stdout.startswith("\033[1;97;41m REFUSED ")


def test_expiry_is_its_own_answer(good, vectors, coffer, tmp_path):
    case = good["v3"]
    path = directory_of(case, vectors, tmp_path / "c")
    quote = blob(vectors, case["quote"])
    fresh = json.loads(coffer("verify", "--json", "--at", case["verify_at"], "--collateral", path,
                              quote).stdout)
    assert fresh["collateral_state"] == "fresh"
    for grace, code, state in (("0", 1, "expired"), ("40d", 0, "grace")):
        run = coffer("verify", "--json", "--at", str(int(case["verify_at"]) + 32 * 86400),
                     "--grace", grace, "--collateral", path, quote)
        report = json.loads(run.stdout)
        assert (run.returncode, report["collateral_state"]) == (code, state)
        assert report["tcb_status"] == case["status"]


def test_another_root_is_refused(good, vectors, coffer, tmp_path):
    case = good["v4"]
    (tmp_path / "root.key").write_bytes(b"\x04" + bytes(range(64)))
    run = coffer("verify", "--json", "--at", case["verify_at"], "--trust-root",
                 tmp_path / "root.key", "--collateral",
                 directory_of(case, vectors, tmp_path / "c"), blob(vectors, case["quote"]))
    report = json.loads(run.stdout)
    failed = {check["name"] for check in report["checks"] if not check["ok"]}
    assert run.returncode == 1 and {"root.key", "tcb_info.chain", "root_crl.valid"} <= failed
    assert report["tcb_status"] == case["status"]


def test_trust_root_by_certificate(good, vectors, coffer, tmp_path):
    case = good["v4"]
    path = directory_of(case, vectors, tmp_path / "c")
    der = (vectors / "intel-sgx-root-ca.der").read_bytes()
    pem = (b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der)
           + b"-----END CERTIFICATE-----\n")
    for name, content in (("root.der", der), ("root.pem", pem)):
        (tmp_path / name).write_bytes(content)
        assert coffer("verify", "--at", case["verify_at"], "--trust-root", tmp_path / name,
                      "--collateral", path, blob(vectors, case["quote"])).returncode == 0


def test_without_collateral_it_is_refused(good, vectors, coffer):
    run = coffer("verify", "--json", blob(vectors, good["v4"]["quote"]))
    report = json.loads(run.stdout)
    assert run.returncode == 1 and not report["accepted"] and report["tcb_status"] is None
    assert report["quote"]["tee"] == "TDX" and report["fmspc"] == good["v4"]["fmspc"]


@pytest.mark.parametrize("content,looks", [
    (b"", "an empty file"), (b"\x03", "binary data"), (b"hello, world\n" * 100, "text")])
def test_a_file_without_a_quote_is_undecided_in_one_line(coffer, tmp_path, content, looks):
    path = tmp_path / "quote"
    path.write_bytes(content)
    run = coffer("verify", "--json", path)
    assert run.returncode == 2 and run.stderr.count("\n") == 1 and run.stdout == ""
    assert f"looks like {looks}" in run.stderr


def test_a_quote_that_ends_early_is_refused(coffer, tmp_path):
    path = tmp_path / "quote"
    path.write_bytes(b"\x03\x00\x02\x00" + bytes(100))
    run = coffer("verify", "--json", path)
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert json.loads(run.stdout)["accepted"] is False


def test_misuse_and_unreadable_inputs_are_undecided(coffer, tmp_path):
    quote = tmp_path / "quote"
    quote.write_bytes(b"q")
    big = tmp_path / "big"
    with open(big, "wb") as file:
        file.truncate(100 * 1024 * 1024)
    (tmp_path / "text").write_text("[1, 2")
    (tmp_path / "empty").mkdir()
    for args in ([], [quote, quote], [tmp_path / "absent"], [big], ["--at", "noon", quote],
                 ["--accept", "Fine", quote], ["--grace", "-1", quote],
                 ["--collateral", tmp_path / "absent", quote], ["--collateral", big, quote],
                 ["--collateral", tmp_path / "text", quote],
                 ["--collateral", tmp_path / "empty", quote],
                 ["--trust-root", tmp_path / "text", quote], ["--color", "blue", quote]):
        run = coffer("verify", *args)
        assert run.returncode == 2 and run.stdout == "", args
        assert run.stderr.startswith("coffer verify: ") and run.stderr.count("\n") <= 2, args


def test_the_manual_explains_every_check(good, vectors, coffer):
    text = (SOURCE / "docs" / "verification.md").read_text(encoding="utf-8")
    names = set()
    for case in good.values():
        report = json.loads(coffer("verify", "--json", blob(vectors, case["quote"])).stdout)
        names |= {check["name"] for check in report["checks"]}
    assert len(names) > 40
    assert not {name for name in names if f"`{name}`" not in text}
