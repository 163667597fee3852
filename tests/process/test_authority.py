# SPDX-License-Identifier: Apache-2.0
"""Every generated case through the command: each status and failure has its own."""
import json
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent.parent
VECTORS = TESTS / "vectors"
CASES = sorted(path.name for path in VECTORS.iterdir())
PIECES = ("tcb_info", "tcb_info_issuer_chain", "qe_identity", "qe_identity_issuer_chain", "pck_crl",
          "root_ca_crl", "pck_chain")


def assemble(name, directory):
    """The case's files over those of its base."""
    expected = json.loads((VECTORS / name / "expect.json").read_text())
    for source in (VECTORS / expected["base"], VECTORS / name):
        for path in source.iterdir():
            (directory / path.name).write_bytes(path.read_bytes())
    for absent in expected["absent"]:
        (directory / absent).unlink()
    return expected


@pytest.mark.parametrize("name", CASES)
def test_case(name, coffer, tmp_path):
    expected = assemble(name, tmp_path)
    run = coffer("verify", "--json", *expected.get("options", []), "--at", expected["at"],
                 "--collateral", tmp_path,
                 "--trust-root", tmp_path / "root.pem", tmp_path / "quote")
    assert run.returncode in (0, 1), run.stderr
    report = json.loads(run.stdout)
    failed = {check["name"] for check in report["checks"] if not check["ok"]}
    assert report["accepted"] is expected["accepted"], failed
    assert (run.returncode == 0) is expected["accepted"]
    assert set(expected["fails"]) <= failed
    if expected["only"]:
        assert failed == set(expected["fails"])
    if expected["tcb_status"] is not None:
        for key in ("tcb_status", "launch_tcb_status", "current_tcb_status"):
            assert report[key] == expected[key], key
    if expected["only"]:
        assert report["advisory_ids"] == expected["advisory_ids"]
        assert report["current_advisory_ids"] == expected.get(
            "current_advisory_ids", expected["advisory_ids"])
        assert [[s["component"], s["have"], s["need"]] for s in report["short_svns"]
                if not s["component"].startswith("current_")] == expected["short_svns"]
    for key in ("tcb_date", "tcb_evaluation_data_number"):
        if expected[key] is not None:
            assert report[key] == expected[key], key
    for piece, state in expected["states"].items():
        assert report["collateral"][piece]["state"] == state, piece


def test_vectors_are_what_the_authority_makes():
    sys.path.insert(0, str(TESTS))
    from authority.__main__ import rendered
    from authority.cases import CASES as made
    assert sorted(made) == CASES
    for name, case in made.items():
        on_disk = {path.name: path.read_bytes() for path in (VECTORS / name).iterdir()}
        assert rendered(case) == on_disk, name


def test_every_status_of_qvl_is_shown_or_cannot_arise():
    sys.path.insert(0, str(TESTS))
    from authority import statuses
    assert len(statuses.NAMES) == 89
    assert set(statuses.shown()) | set(statuses.CANNOT) == set(range(89))
    assert not set(statuses.shown()) & set(statuses.CANNOT)
    assert statuses.table() in (TESTS.parent / "docs" / "verification-tests.md").read_text()
