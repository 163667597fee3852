# SPDX-License-Identifier: Apache-2.0
"""What a relying party asks for: statuses now, grace, trust roots, through command and library."""
import ctypes
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import collateral  # noqa: E402
from authority.collateral import isv_level, level, module  # noqa: E402
from authority.world import AT, World  # noqa: E402

from library import AT as AT_SECONDS, Judge, bytes_of, failures, load  # noqa: E402

TDX = collateral.TDX_COMPONENTS


def two_levels(launch, current):
    world = World(5, "TD15")
    world.quote.body["tee_tcb_svn2"] = bytes([5, 0, 7])
    world.set_levels(level(current, tdx=[5, 0, 7] + TDX[3:]), level(launch, tdx=TDX))
    return world


EVERYTHING = ("UpToDate,SWHardeningNeeded,ConfigurationNeeded,ConfigurationAndSWHardeningNeeded,"
              "OutOfDate,OutOfDateConfigurationNeeded,TDRelaunchAdvised,"
              "TDRelaunchAdvisedConfigurationNeeded,Revoked")


@pytest.mark.parametrize("launch,current", [("UpToDate", "Revoked"), ("Revoked", "UpToDate"),
                                            ("OutOfDate", "Revoked"), ("Revoked", "Revoked")])
def test_no_policy_accepts_revoked(judged, launch, current):
    code, report = judged(two_levels(launch, current), "--accept", EVERYTHING,
                          "--accept-current", EVERYTHING)
    assert code == 1 and not report["accepted"]
    assert "Revoked is never accepted" in failures(report)["tcb.status"]


@pytest.mark.parametrize("version,body", [(3, "SGX"), (4, "TD10")])
def test_no_policy_accepts_a_revoked_platform(judged, version, body):
    world = World(version, body)
    world.set_levels(level("Revoked", tdx=TDX if body != "SGX" else None))
    assert judged(world, "--accept", EVERYTHING)[0] == 1


@pytest.mark.parametrize("launch,current,options,code", [
    ("UpToDate", "OutOfDate", (), 1),
    ("UpToDate", "OutOfDate", ("--accept=UpToDate,OutOfDate",), 0),
    ("UpToDate", "OutOfDate", ("--accept-current=OutOfDate",), 0),
    ("UpToDate", "ConfigurationNeeded", ("--accept-current=OutOfDate",), 1),
    ("UpToDate", "UpToDate", ("--accept-current=OutOfDate",), 0),
    ("OutOfDate", "UpToDate", ("--accept=TDRelaunchAdvised",), 0),
    ("OutOfDate", "ConfigurationNeeded", ("--accept=TDRelaunchAdvisedConfigurationNeeded",), 1),
    ("OutOfDate", "ConfigurationNeeded", ("--accept=TDRelaunchAdvisedConfigurationNeeded",
                                          "--accept-current=ConfigurationNeeded"), 0),
])
def test_the_status_now_is_asked_for(judged, launch, current, options, code):
    given, report = judged(two_levels(launch, current), *options)
    assert given == code, failures(report)
    assert set(failures(report)) <= {"tcb.status"}


def test_the_report_has_the_advisories_of_both_times(coffer, tmp_path):
    world = World(5, "TD15")
    world.set_modules(module(1, [isv_level(6, "OutOfDate", advisories=["NOW"]),
                                 isv_level(5, "UpToDate", advisories=["LAUNCH"])]),
                      svn=(5, 1, 6), svn2=(6, 1, 6))
    for name, content in world.files().items():
        (tmp_path / name).write_bytes(content)
    run = coffer("verify", "--at", AT, "--collateral", tmp_path, "--trust-root",
                 tmp_path / "root.pem", tmp_path / "quote")
    assert run.returncode == 1
    assert "advisories   LAUNCH\n" in run.stdout and "now          NOW\n" in run.stdout


@pytest.mark.parametrize("attack", ["collateral of the attacker", "collateral of the victim"])
def test_collateral_of_another_verifier_is_an_error(build, attack):
    library = load(build)
    if not library:
        pytest.skip("a sanitized library cannot be loaded into Python")
    files = World().files()
    ours, theirs = Judge(library, files["root.pem"]), Judge(library, b"\x04" + bytes(range(64)))
    maker, user = (ours, theirs) if attack == "collateral of the attacker" else (theirs, ours)
    made, verdict = maker.collateral(files), ctypes.c_void_p()
    assert library.coffer_verify(user.verifier, made, bytes_of(files["quote"]),
                                 ctypes.c_int64(AT_SECONDS), ctypes.byref(user.policy),
                                 ctypes.byref(verdict), ctypes.byref(user.error)) == -22
    assert not verdict and b"another trust root" in user.error.text
    same = Judge(library, files["root.pem"])
    assert ours.accepts(same.collateral(files), files["quote"])
    for judge in (ours, theirs, same):
        judge.close()


def test_a_td_without_sept_ve_disable_is_noted(judged):
    world = World(4, "TD10")
    assert not [n for n in judged(world)[1]["notes"] if "SEPT_VE_DISABLE" in n]
    world.quote.body["tdattributes"] = bytes(8)
    code, report = judged(world)
    assert code == 0 and any(n.startswith("SEPT_VE_DISABLE is off") for n in report["notes"])
    assert report["policy"]["require_td_attributes"] == []
    code, report = judged(world, "--require-td-attributes", "SEPT_VE_DISABLE,PKS")
    assert code == 1 and "SEPT_VE_DISABLE,PKS" in failures(report)["td.attributes"]
    assert report["policy"]["require_td_attributes"] == ["SEPT_VE_DISABLE", "PKS"]


@pytest.mark.parametrize("option", ["--allow-td-attributes", "--require-td-attributes",
                                    "--allow-xfam"])
@pytest.mark.parametrize("words", ["", "NOTHING", "bit64", "PKS;KL"])
def test_unknown_bits_are_misuse(coffer, tmp_path, option, words):
    (tmp_path / "quote").write_bytes(b"q")
    run = coffer("verify", option, words, tmp_path / "quote")
    assert run.returncode == 2 and run.stderr.startswith(f"coffer verify: {option}: ")


def test_inspect_names_every_bit(coffer, tmp_path):
    world = World(4, "TD10")
    world.quote.body["tdattributes"] = b"\xff" * 8
    world.quote.body["xfam"] = b"\xff" * 8
    (tmp_path / "quote").write_bytes(world.files()["quote"])
    out = coffer("inspect", tmp_path / "quote").stdout
    for name in ("DEBUG", "HGS_PLUS_PROF", "PERF_PROF", "PMT_PROF", "ICSSD", "LASS", "PKS", "KL",
                 "SEPT_VE_DISABLE", "MIGRATABLE", "TPA", "PERFMON", "bit1", "bit61", "XTILEDATA",
                 "CET_S", "UINTR", "bit63"):
        assert name in out.split() or f"({name}" in out or name in out, name
