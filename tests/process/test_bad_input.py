# SPDX-License-Identifier: Apache-2.0
"""Hostile files: a reason in one line, in bounded memory and processor time, never a crash.

Each run has limits of the kernel on it, so that a test that would take too much fails instead.
"""
import json
import pathlib
import resource
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import certificates, collateral, der, quotes  # noqa: E402
from authority.keys import Key, key  # noqa: E402
from authority.world import AT, World  # noqa: E402

from library import Judge, load  # noqa: E402

MEBI = 1 << 20
MEMORY_MAX = 128 * MEBI  # address space; the largest input that is read at all is 16 MiB
CPU_MAX = 20  # seconds
PIECES = ["tcbinfo.json", "qeid.json", "pckcrl.der", "rootcrl.der", "tcbchain.pem", "qeidchain.pem",
          "pckcrlchain.pem"]


@pytest.fixture(scope="session")
def limits(build):
    """What a child sets on itself; the sanitizers need address space beyond any limit."""
    sanitized = b"__asan_init" in (build / "coffer").read_bytes()

    def apply():
        if not sanitized:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX, CPU_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return apply


@pytest.fixture
def judge(build, limits, tmp_path):
    """Verify a world with some files replaced: the report, or the reason when there is none."""
    def run(files, **replaced):
        for name, content in (files | {n.replace("__", "."): c
                                       for n, c in replaced.items()}).items():
            write(tmp_path / name, content)
        done = subprocess.run(
            [build / "coffer", "verify", "--json", "--at", AT, "--collateral", tmp_path,
             "--trust-root", tmp_path / "root.pem", tmp_path / "quote"],
            capture_output=True, text=True, preexec_fn=limits, timeout=300, check=False)
        assert done.returncode in (1, 2), (done.returncode, done.stderr)
        assert done.stderr.count("\n") <= 1
        if done.returncode == 2:
            assert done.stderr.startswith("coffer verify: ") and done.stdout == ""
            return done.stderr
        report = json.loads(done.stdout)
        assert report["accepted"] is False
        return report
    return run


@pytest.fixture
def inspect(build, limits, tmp_path):
    """The one-line reason of a file that cannot be told."""
    def run(content):
        write(tmp_path / "file", content)
        done = subprocess.run([build / "coffer", "inspect", tmp_path / "file"], capture_output=True,
                              text=True, preexec_fn=limits, timeout=300, check=False)
        assert done.returncode == 2, (done.returncode, done.stdout[:200])
        assert done.stdout == "" and done.stderr.count("\n") == 1 and len(done.stderr) < 600
        return done.stderr
    return run


def write(path, content):
    """a file's bytes, or how large a sparse one is and what it begins with"""
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    start, size = content
    with open(path, "wb") as file:
        file.write(start)
        file.truncate(size)


def why(report):
    """the failed checks' names and details in one text; a reason stays a reason"""
    if isinstance(report, str):
        return report
    return "\n".join(f"{c['name']}: {c['detail']}" for c in report["checks"] if not c["ok"])


def signed(edit):
    """a world whose TCB info text is edited before it is signed"""
    world = World()
    world.tcb_info.edit_text = edit
    return world.files()


# 100 MB files

@pytest.mark.parametrize("name", ["quote", "root.pem", *PIECES])
def test_hundred_megabytes_instead_of(judge, name):
    files = World().files()
    report = judge(files, **{name.replace(".", "__"): (files[name], 100_000_000)})
    assert any(word in why(report) for word in ("bytes", "large", "limit", "size")), why(report)


@pytest.mark.parametrize("start", [b"", b"{", b"\x30\x84\x05\xf5\xe0\xfa", b"\x03\x00\x02\x00",
                                   b"-----BEGIN "])
def test_hundred_megabytes_inspected(inspect, start):
    assert "file" in inspect((start, 100_000_000))


# JSON

BOMBS = {
    "arrays": b"[" * 1_000_000,
    "objects": b'{"a":' * 1_000_000,
    "inside": b'{"tcbInfo":' + b'{"a":[' * 500_000 + b"]}" * 500_000 + b',"signature":"00"}',
    "string": b'{"tcbInfo":"' + b"a" * 4_000_000,
    "escapes": b'{"\\u0041' * 300_000,
    "numbers": b'{"tcbInfo":' + b"9" * 4_000_000 + b"}",
    "members": b"{" + b",".join(b'"%d":0' % n for n in range(300_000)) + b"}",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", ["tcbinfo.json", "qeid.json"])
def test_json_bomb(judge, bomb, name):
    check = {"tcbinfo.json": "tcb_info", "qeid.json": "qe_identity"}[name]
    assert check in why(judge(World().files(), **{name.replace(".", "__"): BOMBS[bomb]}))


@pytest.mark.parametrize("bomb", BOMBS)
def test_json_bomb_inspected(inspect, bomb):
    reason = inspect(BOMBS[bomb])
    assert "json" in reason or "collateral" in reason


@pytest.mark.parametrize("depth,deep", [(29, False), (33, True)])
def test_nesting_has_a_limit(judge, depth, deep):
    """what is unknown is skipped to a depth of 32, and refused beyond, though it is signed"""
    nest = '{"x":' + "[" * depth + "]" * depth + ","
    report = why(judge(signed(lambda text: text.replace("{", nest, 1)), pckcrl__der=b"bad"))
    assert ("tcb_info.format" in report) is deep


@pytest.mark.parametrize("member,other", [
    ('"fmspc":"C0FFEE000001"', '"fmspc":"000000000000"'),
    ('"tcbType":0', '"tcbType":0'),
    ('"nextUpdate":"2026-07-01T00:00:00Z"', '"nextUpdate":"2099-01-01T00:00:00Z"'),
    ('"version":3', '"version":2'),
    ('"tcbStatus":"UpToDate"', '"tcbStatus":"UpToDate"'),
    ('"pcesvn":13', '"pcesvn":0'),
])
def test_duplicate_keys_in_what_is_signed(judge, member, other):
    files = signed(lambda text: text.replace(member, f"{member},{other}", 1))
    assert "tcb_info.format" in why(judge(files))


@pytest.mark.parametrize("member", ["tcbInfo", "signature"])
def test_duplicate_keys_around_it(judge, member):
    files = World().files()
    body = json.loads(files["tcbinfo.json"])
    double = collateral.minify(body)[:-1] + f',"{member}":' + collateral.minify(body[member]) + "}"
    assert "tcb_info" in why(judge(files, tcbinfo__json=double.encode()))


@pytest.mark.parametrize("old,new", [
    ('"svn":12', '"svn":256'), ('"svn":12', '"svn":-1'), ('"svn":12', '"svn":1e1'),
    ('"svn":12', '"svn":12.0'), ('"svn":12', '"svn":"12"'),
    ('"svn":12', '"svn":18446744073709551628'),
    ('"svn":12', '"svn":012'), ('"pcesvn":13', '"pcesvn":65536'), ('"pcesvn":13', '"pcesvn":null'),
    ("2026-07-01", "2026-13-01"), ("2026-07-01", "9999999999-07-01"),
    ('"pceId":"0000"', '"pceId":"00"'),
    ('"fmspc":"C0FFEE000001"', '"fmspc":"C0FFEE00000G"'), ('"tcbLevels":[', '"tcbLevels":{'),
])
def test_wrong_values_in_what_is_signed(judge, old, new):
    files = signed(lambda text: text.replace(old, new, 1))
    assert "tcb_info.format" in why(judge(files))


# Certificates

def with_pck(change):
    world = World()
    change(world.pck)
    return world


INTEGERS = {"negative": b"\xff", "minus 2^159": b"\x80" + bytes(19), "21 bytes": b"\x7f" * 21,
            "100,000 bytes": b"\x7f" * 100_000, "empty": b"", "padded": b"\x00\x00\x01"}


@pytest.mark.parametrize("number", INTEGERS)
def test_serial_number(judge, inspect, number):
    world = with_pck(lambda pck: setattr(pck, "serial", INTEGERS[number]))
    assert "pck" in why(judge(world.files())) or "quote" in why(judge(world.files()))
    assert "serial" in inspect(world.pck.render()) or "limit" in inspect(world.pck.render())


@pytest.mark.parametrize("svn", [-1, 256, 1 << 63, -(1 << 64), b"", b"\x00\x01", b"\x01" * 5000])
@pytest.mark.parametrize("index", [0, 15])
def test_component_svn(judge, svn, index):
    world = World()
    world.pck.sgx.components = list(collateral.COMPONENTS)
    world.pck.sgx.components[index] = svn
    world.pck.sgx.cpusvn = bytes(16)
    assert "pck" in why(judge(world.files()))


@pytest.mark.parametrize("pcesvn", [-1, 65536, 1 << 64])
def test_pcesvn(judge, pcesvn):
    world = with_pck(lambda pck: setattr(pck.sgx, "pcesvn", pcesvn))
    assert "pck" in why(judge(world.files()))


@pytest.mark.parametrize("length", [-1, 1 << 32, 1 << 200])
def test_path_length(judge, length):
    world = World()
    world.intermediate.path_length = length
    assert "pck" in why(judge(world.files()))


def test_version_and_many_extensions(judge, inspect):
    world = with_pck(lambda pck: setattr(pck, "version", 1 << 40))
    assert "version 3" in inspect(world.pck.render())
    many = tuple(certificates.extension(f"1.3.6.1.4.1.{n}", b"") for n in range(1000))
    world = with_pck(lambda pck: setattr(pck, "extra", many))
    assert "pck" in why(judge(world.files())) or "quote" in why(judge(world.files()))


@pytest.mark.parametrize("curve", ["P-384", "secp256k1"])
def test_wrong_curve(judge, inspect, curve):
    world = with_pck(lambda pck: setattr(pck, "spki", Key("pck", curve).spki()))
    assert "pck" in why(judge(world.files()))
    assert "P-256" in inspect(world.pck.render())


def spki(point):
    return der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7")),
                        der.bits(point))


POINTS = {
    "infinity": b"\x00",
    "zero": b"\x04" + bytes(64),
    "not on the curve": b"\x04" + bytes(31) + b"\x01" + bytes(31) + b"\x01",
    "not reduced": b"\x04" + b"\xff" * 64,
    "compressed": b"\x02" + key("pck").raw_public[:32],
    "hybrid": bytes([6 + key("pck").raw_public[63] % 2]) + key("pck").raw_public,
    "short": b"\x04" + bytes(63),
    "empty": b"",
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("which", ["pck", "intermediate", "tcb_signer"])
def test_public_key_is_no_point(judge, which, point):
    world = World()
    getattr(world, which).spki = spki(POINTS[point])
    assert why(judge(world.files()))


@pytest.mark.parametrize("point", [p for p in POINTS.values() if len(p) == 65 and p[0] == 4])
def test_attestation_key_is_no_point(judge, point):
    world = World()
    world.quote.attestation_key.raw_public  # the real one is made first
    forged = key("attestation forged")
    forged.__dict__["raw_public"] = point[1:]
    world.quote.attestation_key = forged
    assert "quote.signature" in why(judge(world.files()))


@pytest.mark.parametrize("signature",
                         [bytes(64), b"\xff" * 64, bytes(63) + b"\x01", b"\x01" + bytes(63)])
def test_signatures_out_of_range(judge, signature):
    world = World()
    quote = world.files()["quote"]
    assert "quote.signature" in why(judge(world.files(),
                                          quote=quote[:436] + signature + quote[500:]))
    assert "qe_report.signature" in why(judge(world.files(),
                                              quote=quote[:948] + signature + quote[1012:]))


# CRLs

def large_crl(count, world):
    crl = world.pck_crl
    crl.revoked = range(1 << 32, (1 << 32) + count)
    return crl.render()


def test_million_entries(judge, inspect):
    world = World()
    crl = large_crl(1_000_000, world)
    assert len(crl) > 20 * MEBI
    assert "pckcrl.der is larger than" in judge(World().files(), pckcrl__der=crl)
    assert "larger than" in inspect(crl)


def test_more_entries_than_are_parsed(judge, inspect):
    world = World()
    crl = large_crl(400_000, world)
    assert 4 * MEBI < len(crl) < 16 * MEBI
    assert "pck_crl.valid: crl: " in why(judge(World().files(), pckcrl__der=crl))
    assert "limit" in inspect(crl)


def test_hundred_thousand_entries_are_searched(judge):
    world = World()
    world.pck.serial = (1 << 32) + 99_999
    crl = large_crl(100_000, world)
    report = judge(world.files(), pckcrl__der=crl)
    assert [c["name"] for c in report["checks"] if not c["ok"]] == ["pck.not_revoked"]


def test_crl_that_lies_about_its_size(judge):
    crl = World().files()["pckcrl.der"]
    for lie in (b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x88" + b"\xff" * 8,
                b"\x30\x82\x00\x01"):
        assert "crl" in why(judge(World().files(), pckcrl__der=lie + crl[4:]))


def test_names_cannot_steer_the_terminal(build, tmp_path):
    world = World()
    world.root_crl.issuer_name = "CA\x1b]0;owned\x07\x1b[31m\u009b"
    world.set_levels(collateral.level("OutOfDate", advisories=["INTEL\u009b31m"]))
    world.tcb_info.edit_text = lambda text: text.replace("\\u009b", "\u009b")
    for name, content in world.files().items():
        write(tmp_path / name, content)
    done = subprocess.run([build / "coffer", "verify", "--all", "--at", AT, "--collateral",
                           tmp_path,
                           "--trust-root", tmp_path / "root.pem", tmp_path / "quote"],
                          capture_output=True, check=False)
    assert done.returncode == 1
    assert b"CA?]0;owned" in done.stdout and b"INTEL??31m" in done.stdout
    assert all(byte == 10 or 32 <= byte < 127 for byte in done.stdout)


# Lengths that lie

@pytest.mark.parametrize("version,body", [(3, "SGX"), (4, "TD10"), (5, "TD15EX")])
@pytest.mark.parametrize("which", ["auth_size", "outer_size", "inner_size", "qe_auth_size"])
@pytest.mark.parametrize("lie", [1, -1, 1000, -30])
def test_lengths_that_lie(judge, version, body, which, lie):
    if which == "outer_size" and version == 3:
        pytest.skip("version 3 has no outer wrapper")
    world = World(version, body)
    world.quote.lies[which] = lie
    assert why(judge(world.files()))


@pytest.mark.parametrize("size", [0, 1, 883, 884, 886, 0x7fffffff, 0xffffffff])
def test_body_size_that_lies(judge, size):
    world = World(5, "TD15EX")
    world.quote.body_size = size
    assert "quote" in why(judge(world.files()))


def test_size_fields_at_their_extremes(inspect):
    quote = bytearray(World(5, "TD15").files()["quote"])
    for offset in (50, 54 + 648):
        for value in (0, 0x7fffffff, 0x80000000, 0xffffffff):
            lying = quote[:offset] + value.to_bytes(4, "little") + quote[offset + 4:]
            assert "quote" in inspect(bytes(lying))


def test_open_enclave_headers_that_lie(judge):
    quote = World().files()["quote"]
    for wrap, size_at in ((quotes.open_enclave_report, 8), (quotes.open_enclave_evidence, 24)):
        for size in (0, 1, len(quote) - 1, len(quote) + 1, (1 << 64) - 1):
            whole = bytearray(wrap(quote))
            whole[size_at:size_at + 8] = size.to_bytes(8, "little")
            assert "quote" in why(judge(World().files(), quote=bytes(whole)))


# Truncation at every byte, through the library

@pytest.fixture(scope="module")
def library(build):
    lib = load(build)
    if not lib:
        pytest.skip("a sanitized library cannot be loaded into Python")
    return lib


@pytest.mark.parametrize("version,body",
                         [(3, "SGX"), (4, "SGX"), (4, "TD10"), (5, "SGX"), (5, "TD10"),
                                          (5, "TD15"), (5, "TD15EX")])
def test_quote_cut_at_every_byte(library, version, body):
    files = World(version, body).files()
    judge = Judge(library, files["root.pem"])
    whole = judge.collateral(files)
    assert judge.accepts(whole, files["quote"])
    assert not any(judge.accepts(whole, files["quote"][:cut]) for cut in range(len(files["quote"])))
    library.coffer_collateral_free(whole)
    judge.close()


@pytest.mark.parametrize("name", PIECES)
def test_collateral_cut_at_every_byte(library, name):
    files = World(4, "TD10").files()
    judge = Judge(library, files["root.pem"])
    taken = []
    for cut in range(len(files[name]) + 1):
        part = judge.collateral(files | {name: files[name][:cut]})
        if judge.accepts(part, files["quote"]):
            taken.append(cut)
        library.coffer_collateral_free(part)
    judge.close()
    allowed = {len(files[name])}
    if name.endswith(".pem"):  # the line end after the last block means nothing
        allowed.add(len(files[name]) - 1)
    if name == "pckcrlchain.pem":  # a quote that carries its chain does not need this one
        allowed.add(0)
    assert set(taken) == allowed
