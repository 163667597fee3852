# SPDX-License-Identifier: Apache-2.0
"""Whose enclave is it? Every expectation through the command, its file, and the library."""
import ctypes
import hashlib
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import quotes  # noqa: E402
from authority.collateral import isv_level, module  # noqa: E402
from authority.world import AT, World  # noqa: E402

from library import AT as AT_SECONDS, Judge, bytes_of, failures, load  # noqa: E402
from test_libcoffer import Bytes  # noqa: E402

NOTE = "accepts any enclave: nothing about its identity was asked"
MRENCLAVE, MRSIGNER = quotes.pattern("mrenclave", 32).hex(), quotes.pattern("mrsigner", 32).hex()
SGX_DATA = quotes.pattern("report data", 64).hex()
TD_DATA = quotes.pattern("td report data", 64).hex()
OTHER32, OTHER48, OTHER64 = "ab" * 32, "cd" * 48, "ef" * 64


def field(name):
    return quotes.TD_DEFAULTS[name].hex()


def full(**body):
    """an enclave with every field of key separation set"""
    world = World()
    world.quote.body.update(configid=b"\x01" * 64, configsvn=4, isvfamilyid=b"\x02" * 16,
                            isvextprodid=b"\x03" * 16, **body)
    return world


def td15():
    world = World(5, "TD15")
    world.quote.body["mrservicetd"] = b"\x04" * 48
    return world


# name, a value that holds, one that does not, the check, the world
SGX = [
    ("mrenclave", MRENCLAVE, OTHER32, "mrenclave"),
    ("mrenclave", f"{OTHER32},{MRENCLAVE}", f"{OTHER32},{MRSIGNER}", "mrenclave"),
    ("mrsigner", MRSIGNER.upper(), MRENCLAVE, "mrsigner"),
    ("isvprodid", "7", "8", "isvprodid"),
    ("isvprodid", "1,7", "1,8", "isvprodid"),
    ("min-isvsvn", "3", "4", "isvsvn"),
    ("min-isvsvn", "0", "65536", "isvsvn"),
    ("configid", "01" * 64, "00" * 64, "configid"),
    ("min-configsvn", "4", "5", "configsvn"),
    ("isvfamilyid", "02" * 16, "03" * 16, "isvfamilyid"),
    ("isvextprodid", "03" * 16, "02" * 16, "isvextprodid"),
    ("attributes", "05" + "00" * 7 + "07" + "00" * 7, "05" + "00" * 7 + "03" + "00" * 7,
     "attributes"),
    ("attributes", "ff" * 16 + "/05" + "00" * 15, "ff" * 16 + "/07" + "00" * 15, "attributes"),
    ("miscselect", "00000000", "01000000", "miscselect"),
    ("miscselect", "ff000000/00ffffff", "ffff0000/00ffffff", "miscselect"),
    ("report-data", SGX_DATA, TD_DATA, "report_data"),
    ("report-data-prefix", SGX_DATA[:2], "00", "report_data"),
    ("report-data-prefix", f"00,{SGX_DATA[:64]}", SGX_DATA[:62] + "00", "report_data"),
]
TD = [
    ("mrtd", field("mrtd"), OTHER48, "mrtd"),
    *[(f"rtmr{i}", field(f"rtmr{i}"), field(f"rtmr{(i + 1) % 4}"), f"rtmr{i}") for i in range(4)],
    ("mrseam", field("mrseam"), OTHER48, "mrseam"),
    ("mrconfigid", field("mrconfigid"), OTHER48, "mrconfigid"),
    ("mrowner", field("mrowner"), OTHER48, "mrowner"),
    ("mrownerconfig", field("mrownerconfig"), OTHER48, "mrownerconfig"),
    ("mrservicetd", "04" * 48, OTHER48, "mrservicetd"),
    ("tdattributes", "0000001000000000", "0000000000000000", "tdattributes"),
    ("tdattributes", "ff" * 8 + "/0000001000000000", "ff" * 8 + "/0000003000000000",
     "tdattributes"),
    ("xfam", "e71a060000000000", "e718060000000000", "xfam"),
    ("report-data", f"{OTHER64},{TD_DATA}", OTHER64, "report_data"),
]


@pytest.mark.parametrize("made,name,good,bad,check", [
    *[(full, *row) for row in SGX], *[(td15, *row) for row in TD]])
def test_a_field_decides(judged, made, name, good, bad, check):
    code, report = judged(made(), f"--{name}={good}")
    assert code == 0, failures(report)
    assert [e["name"] for e in report["expectations"]] == [name] and report["expectations"][0]["ok"]
    assert report["identity_expected"] is (name in ("mrenclave", "mrsigner", "mrtd"))
    assert (NOTE in report["notes"]) is not report["identity_expected"]
    code, report = judged(made(), f"--{name}={bad}")
    assert code == 1 and list(failures(report)) == [f"expect.{check}"]
    assert not report["expectations"][0]["ok"]


@pytest.mark.parametrize("made,names", [(World, [r[0] for r in TD if "data" not in r[0]]),
                                        (td15, [r[0] for r in SGX if "data" not in r[0]])])
def test_a_field_of_the_other_kind_is_never_as_expected(judged, made, names):
    values = {row[0]: row[1] for row in SGX + TD}
    code, report = judged(made(), *[f"--{name}={values[name]}" for name in dict.fromkeys(names)])
    assert code == 1
    assert len(failures(report)) == len(set(names))
    assert all("whose report has no" in detail for detail in failures(report).values())


def test_td_10_has_no_service_td(judged):
    code, report = judged(World(4, "TD10"), "--mrservicetd", "00" * 48)
    assert code == 1 and "report has no mrservicetd" in failures(report)["expect.mrservicetd"]


def test_all_names_must_hold(judged):
    good = [f"--{name}={value}" for name, value, _, _ in SGX[:1] + SGX[3:4] + SGX[5:6]]
    assert judged(World(), *good)[0] == 0
    code, report = judged(World(), *good, "--mrsigner", OTHER32)
    assert code == 1 and list(failures(report)) == ["expect.mrsigner"]


@pytest.mark.parametrize("kind", ["sha256", "sha384", "sha512"])
def test_report_data_binds_a_file(judged, tmp_path, kind):
    digest = hashlib.new(kind, b"the key").digest()
    (tmp_path / "key").write_bytes(b"the key")
    (tmp_path / "other").write_bytes(b"the key!")
    world = World()
    world.quote.body["report_data"] = digest
    assert judged(world, f"--report-data-{kind}={tmp_path / 'key'}")[0] == 0
    assert judged(world, f"--nonce={digest.hex()}")[0] == 0
    code, report = judged(world, f"--report-data-{kind}={tmp_path / 'other'}")
    assert code == 1 and list(failures(report)) == ["expect.report_data"]
    if kind != "sha512":  # the rest has to be zero
        world.quote.body["report_data"] = digest + b"\1"
        assert judged(world, f"--report-data-{kind}={tmp_path / 'key'}")[0] == 1
        assert judged(world, f"--report-data-prefix={digest.hex()}")[0] == 0


def test_several_names_about_report_data_all_hold(judged):
    code, _ = judged(World(), f"--report-data={SGX_DATA}", f"--report-data-prefix={SGX_DATA[:8]}")
    assert code == 0
    for first, second in ((SGX_DATA, "00"), (OTHER64, SGX_DATA[:8])):
        code, report = judged(World(), f"--report-data={first}", f"--report-data-prefix={second}")
        assert code == 1 and list(failures(report)) == ["expect.report_data"]


def test_nonce_is_filled_with_zeros(judged):
    world = World()
    world.quote.body["report_data"] = b"nonce"
    assert judged(world, f"--nonce={b'nonce'.hex()}")[0] == 0
    assert judged(world, f"--nonce={b'nonce'.hex()}00")[0] == 0
    for wrong in (b"nonc", b"nonce1", b"once"):
        code, report = judged(world, f"--nonce={wrong.hex()}")
        assert code == 1 and list(failures(report)) == ["expect.nonce"]


def two_levels():
    world = World(5, "TD15")
    world.quote.body["tee_tcb_svn2"] = bytes([5, 1, 6])
    world.set_modules(module(1, [isv_level(6, "UpToDate", "2026-02-02", ["NOW"]),
                                 isv_level(5, "UpToDate", "2025-12-12", ["LAUNCH"])]),
                      svn=(6, 1, 6), svn2=(5, 1, 6))
    return world


@pytest.mark.parametrize("options,fails", [
    (["--min-tcb-date=2025-12-12"], None),
    (["--min-tcb-date=2025-12-13"], "expect.tcb_date"),  # the older of launch and now
    (["--min-tcb-date=2025-12-12T00:00:01Z"], "expect.tcb_date"),
    (["--min-tcb-evaluation=20"], None),
    (["--min-tcb-evaluation=21"], "expect.tcb_evaluation"),
    (["--refuse-advisories=OTHER"], None),
    (["--refuse-advisories=OTHER,NOW"], "expect.advisories"),
    (["--refuse-advisories=LAUNCH"], "expect.advisories"),
    (["--tolerate-advisories=NOW,LAUNCH,OTHER"], None),
    (["--tolerate-advisories=NOW"], "expect.advisories"),
    (["--tolerate-advisories=LAUNCH"], "expect.advisories"),
    (["--tolerate-advisories=NOW,LAUNCH", "--refuse-advisories=NOW"], "expect.advisories"),
])
def test_the_tcb_is_expected(judged, options, fails):
    code, report = judged(two_levels(), *options)
    assert (code, list(failures(report))) == ((1, [fails]) if fails else (0, []))


def test_no_advisories_are_tolerated_by_anything(judged):
    assert judged(World(), "--tolerate-advisories=NOTHING", "--refuse-advisories=NOTHING")[0] == 0


def test_without_collateral_the_tcb_is_not_evaluated(coffer, tmp_path):
    (tmp_path / "quote").write_bytes(World().files()["quote"])
    run = coffer("verify", "--json", "--min-tcb-date=2020-01-01", "--refuse-advisories=A",
                 "--mrenclave", MRENCLAVE, tmp_path / "quote")
    checks = {c["name"]: c for c in json.loads(run.stdout)["checks"]}
    assert run.returncode == 1 and checks["expect.mrenclave"]["ok"]
    for name in ("expect.tcb_date", "expect.advisories"):
        assert not checks[name]["ok"] and not checks[name]["evaluated"]


@pytest.mark.parametrize("name", ["dynamic-platform", "cached-keys", "smt"])
def test_flags_of_the_platform(judged, name):
    world = World(ca="Platform")
    said = {"dynamic-platform": "dynamic_platform", "cached-keys": "cached_keys",
            "smt": "smt_enabled"}[name]
    is_on = judged(world)[1]["platform"][said]
    for value, wanted in (("yes", True), ("no", False)):
        code, report = judged(world, f"--{name}={value}")
        assert code == (0 if wanted is is_on else 1)
        assert set(failures(report)) <= {f"expect.{name.replace('-', '_')}"}
        code, report = judged(World(), f"--{name}={value}")  # a Processor CA says nothing
        assert code == 1 and "does not say" in str(failures(report))


def test_the_text_says_it_in_its_first_lines(coffer, tmp_path):
    for name, content in World().files().items():
        (tmp_path / name).write_bytes(content)
    base = ["--at", AT, "--collateral", tmp_path, "--trust-root", tmp_path / "root.pem",
            tmp_path / "quote"]
    lines = coffer("verify", *base).stdout.splitlines()
    assert lines[0].startswith(" ACCEPTED ") and lines[1].endswith(NOTE)
    lines = coffer("verify", "--isvprodid=7", "--mrsigner", MRSIGNER, *base).stdout.splitlines()
    assert lines[1].split() == ["as", "expected", "mrsigner,", "isvprodid"]
    assert NOTE not in "\n".join(lines)


FILE = f"""# the enclave of the example
mrsigner = {MRSIGNER}, {OTHER32}
isvprodid = 7
min-isvsvn = 3            # since the fix
report-data-sha256 = %s
accept-current = OutOfDate
"""


def test_a_file_says_the_same_as_options(judged, tmp_path):
    (tmp_path / "key").write_bytes(b"the key")
    (tmp_path / "expect").write_text(FILE % (tmp_path / "key"))
    world = World()
    world.quote.body["report_data"] = hashlib.sha256(b"the key").digest()
    code, by_file = judged(world, "--expect", tmp_path / "expect")
    assert code == 0
    code, by_options = judged(world, "--mrsigner", f"{MRSIGNER},{OTHER32}", "--isvprodid=7",
                              "--min-isvsvn=3", f"--report-data-sha256={tmp_path / 'key'}",
                              "--accept-current=OutOfDate")
    assert code == 0 and by_file == by_options
    code, report = judged(world, "--expect", tmp_path / "expect", "--mrenclave", OTHER32)
    assert code == 1 and list(failures(report)) == ["expect.mrenclave"]


@pytest.mark.parametrize("text,message", [
    ("isvprodid = 7\nmrenclave = 12\n", "line 2: mrenclave: expected 64 hex digits"),
    ("no such name = 1", "line 1: nothing can be expected"),
    ("isvprodid", "line 1: expected \"name = value\""),
    ("\n\n\nmin-isvsvn = 1\nmin-isvsvn = 2", "line 5: min-isvsvn: given twice"),
    ("report-data-sha512 = /nonexistent/file", "line 1: report-data-sha512: "),
])
def test_errors_of_a_file_have_their_line(coffer, tmp_path, text, message):
    (tmp_path / "expect").write_text(text)
    (tmp_path / "quote").write_bytes(b"q")
    run = coffer("verify", "--expect", tmp_path / "expect", tmp_path / "quote")
    assert run.returncode == 2 and run.stdout == "" and message in run.stderr


@pytest.mark.parametrize("option", ["--mrenclave=12", "--isvprodid=x", "--smt=maybe", "--nonce=1",
                                    "--min-tcb-date=7", "--report-data-sha256=/nonexistent"])
def test_errors_of_an_option_have_its_name(coffer, tmp_path, option):
    (tmp_path / "quote").write_bytes(b"q")
    run = coffer("verify", option, tmp_path / "quote")
    assert run.returncode == 2 and run.stderr.startswith(f"coffer verify: {option.split('=')[0]}: ")


def test_the_library_expects_the_same(build):
    lib = load(build)
    if not lib:
        pytest.skip("a sanitized library cannot be loaded into Python")
    lib.coffer_verdict_note.restype = ctypes.c_char_p
    lib.coffer_verdict_field.restype = Bytes
    lib.coffer_verdict_field_name.restype = ctypes.c_char_p
    lib.coffer_verdict_number.restype = lib.coffer_verdict_is_td.restype = ctypes.c_bool
    files = World().files()
    judge = Judge(lib, files["root.pem"])
    made, expected, number = judge.collateral(files), ctypes.c_void_p(), ctypes.c_uint64()

    def verdict():
        ret = ctypes.c_void_p()
        assert lib.coffer_verify_expecting(
            judge.verifier, made, bytes_of(files["quote"]), ctypes.c_int64(AT_SECONDS),
            ctypes.byref(judge.policy), expected, ctypes.byref(ret), ctypes.byref(judge.error)) == 0
        return ret

    one = verdict()
    assert lib.coffer_verdict_is_accepted(one) and lib.coffer_verdict_note(one, 0) == NOTE.encode()
    assert not lib.coffer_verdict_note(one, ctypes.c_size_t(1))
    assert not lib.coffer_verdict_is_td(one)
    data = lib.coffer_verdict_field(one, b"mrsigner")
    assert ctypes.string_at(data.data, data.size).hex() == MRSIGNER
    assert lib.coffer_verdict_field(one, b"mrtd").size == 0
    assert lib.coffer_verdict_number(one, b"isvprodid", ctypes.byref(number)) and number.value == 7
    assert not lib.coffer_verdict_number(one, b"mrsigner", ctypes.byref(number))
    names = [lib.coffer_verdict_field_name(one, ctypes.c_size_t(i)) for i in range(13)]
    assert names[0] == b"cpusvn" and names[11] == b"report_data" and names[12] is None
    assert lib.coffer_expectations_new(ctypes.byref(expected), None) == 0
    assert lib.coffer_expectations_set(expected, b"mrenclav", b"", ctypes.byref(judge.error)) == -2
    assert lib.coffer_expectations_set(expected, b"mrenclave", MRENCLAVE.encode(), None) == 0
    text = f"isvprodid = 7\nmrsigner = {OTHER32}\n".encode()
    assert lib.coffer_expectations_read(expected, bytes_of(text), None) == 0
    two = verdict()
    assert not lib.coffer_verdict_is_accepted(two) and not lib.coffer_verdict_note(two, 0)
    assert lib.coffer_expectations_set(expected, b"isvprodid", b"8", None) == -16
    lib.coffer_expectations_free(expected)
    for each in (one, two):
        lib.coffer_verdict_free(each)
    lib.coffer_collateral_free(made)
    judge.close()
