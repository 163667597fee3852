# SPDX-License-Identifier: Apache-2.0
"""coffer inspect: every kind that the authority makes, known by content and told in three forms."""
import base64
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import certificates, collateral, quotes  # noqa: E402
from authority.world import World  # noqa: E402

BODIES = {"SGX": (1, 384, "mrenclave"), "TD10": (2, 584, "rtmr3"), "TD15": (3, 648, "mrservicetd"),
          "TD15EX": (4, 885, "cur_servtd_attr")}
QUOTES = [(3, "SGX"), (4, "SGX"), (4, "TD10"), (5, "SGX"), (5, "TD10"), (5, "TD15"), (5, "TD15EX")]


@pytest.fixture
def inspect(coffer, tmp_path):
    """Write the bytes, run the command; text of its account, or the object with --json."""
    def run(content, *options):
        path = tmp_path / "file"
        path.write_bytes(content)
        done = coffer("inspect", *options, path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in options else done.stdout
    return run


def everything():
    world = World(4, "TD10", "Platform")
    world.set_modules(collateral.module(1, [collateral.isv_level(5, "UpToDate")]))
    for name, content in world.files().items():
        yield name, content
    for version, body in QUOTES:
        yield f"v{version} {body}", World(version, body).files()["quote"]
    yield "tcbinfo v2", collateral.tcb_info(version=2).render()
    yield "evaluation", collateral.evaluation_numbers().render()
    yield "pck", world.pck.render()


@pytest.mark.parametrize("content", [pytest.param(c, id=n) for n, c in everything()])
@pytest.mark.parametrize("options", [(), ("--bytes",)])
def test_fits_eighty_columns(inspect, content, options):
    lines = inspect(content, *options).splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("version,body", QUOTES)
def test_quote_has_every_field(inspect, version, body):
    world = World(version, body)
    quote = world.files()["quote"]
    told = inspect(quote, "--json")
    number, _, last = BODIES[body]
    assert told["kind"] == "quote"
    assert told["quote"]["version"] == version
    assert told["quote"]["body_type"] == number
    assert told["quote"]["tee"] == ("SGX" if body == "SGX" else "TDX")
    layout = [(name, size) for name, size in quotes.BODIES[body][1]
              if not name.startswith("reserved")]
    assert set(told["quote"]["body"]) == {name for name, _ in layout}
    assert last in told["quote"]["body"]
    offset, wire = 0, world.quote.body_bytes()
    for name, size in quotes.BODIES[body][1]:
        part, value = wire[offset:offset + size], told["quote"]["body"].get(name)
        offset += size
        if value is not None:
            expected = part.hex() if isinstance(value, str) else int.from_bytes(part, "little")
            assert value == expected, name
    assert [c["subject"] for c in told["certificates"]] == [
        world.pck.common_name, world.intermediate.common_name, world.root.common_name]


@pytest.mark.parametrize("version,body", QUOTES)
def test_bytes_give_every_place(inspect, version, body):
    quote = World(version, body).files()["quote"]
    told = inspect(quote, "--json", "--bytes")["quote"]
    covered = set()

    def walk(value):
        if isinstance(value, dict) and "offset" in value:
            place = range(value["offset"], value["offset"] + value["size"])
            assert not covered & set(place)
            covered.update(place)
            if isinstance(value["value"], str) and value["size"] * 2 == len(value["value"]):
                assert quote[place.start:place.stop].hex() == value["value"]
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)

    walk(told)
    lengths = 4 + 2 + 6 + (6 if version > 3 else 0) + (4 if version == 5 else 0)
    assert len(quote) - len(covered) == lengths  # only the sizes and types of parts are not fields


def test_same_quote_object_as_verify(coffer, tmp_path):
    for version, body in QUOTES:
        (tmp_path / "quote").write_bytes(World(version, body).files()["quote"])
        inspected = json.loads(coffer("inspect", "--json", tmp_path / "quote").stdout)
        verified = json.loads(coffer("verify", "--json", tmp_path / "quote").stdout)
        assert inspected["quote"] == verified["quote"]


@pytest.mark.parametrize("wrap,name", [
    (quotes.open_enclave_report, "open-enclave-report"),
    (quotes.open_enclave_evidence, "open-enclave-evidence")])
def test_open_enclave(inspect, wrap, name):
    quote = World().files()["quote"]
    told = inspect(wrap(quote), "--json", "--bytes")
    assert told["wrapping"] == name
    offset = told["quote"]["version"]["offset"]
    assert offset == len(wrap(quote)) - len(quote)


@pytest.mark.parametrize("kind,field", [(1, "ppid"), (2, "encrypted_ppid"), (3, "encrypted_ppid")])
def test_platform_of_certification_data(inspect, kind, field):
    world = World()
    world.quote.certification_type = kind
    world.quote.certification = quotes.platform_data(kind)
    told = inspect(world.files()["quote"], "--json")
    assert len(told["platform"][field]) == {1: 32, 2: 512, 3: 768}[kind]
    assert told["platform"]["pcesvn"] == 13
    assert "needs the PCK certificate" in inspect(world.files()["quote"])


def test_pck_certificate(inspect):
    world = World(ca="Platform")
    told = inspect(world.pck.render(), "--json")["certificate"]["sgx"]
    assert told["tcb_components"] == world.pck.sgx.components
    assert told["fmspc"] == world.pck.sgx.fmspc.hex()
    assert told["instance_id"] == world.pck.sgx.platform_instance.hex()
    assert (told["dynamic"], told["cached_keys"], told["smt"]) == (True, False, True)
    assert told["sgx_type"] == "scalable"


def test_crl(inspect):
    world = World()
    world.pck_crl.revoked = tuple(range(1, 31))
    crl = world.pck_crl.render()
    told = inspect(crl, "--json")
    assert told["kind"] == "crl"
    assert told["crl"]["revoked"] == 30
    assert told["crl"]["serials"] == [f"{n:02x}" for n in range(1, 31)]
    both = inspect(certificates.pem(crl, "X509 CRL").encode() + certificates.chain(world.root),
                   "--json")
    assert len(both["certificates"]) == len(both["crls"]) == 1
    assert len(inspect(crl).splitlines()) < 40


def test_tcb_info(inspect):
    world = World(4, "TD10")
    world.set_modules(collateral.module(3, [collateral.isv_level(5, "OutOfDate",
                                                                 advisories=["INTEL-SA-1"])]))
    told = inspect(world.tcb_info.render(), "--json")["tcb_info"]
    assert told["id"] == "TDX"
    assert told["tcb_levels"][0]["sgx_svns"] == collateral.COMPONENTS
    assert told["tcb_levels"][0]["tdx_svns"] == collateral.TDX_COMPONENTS
    module = told["tdx_module_identities"][0]
    assert module["id"] == "TDX_03"
    assert module["tcb_levels"][0]["advisory_ids"] == ["INTEL-SA-1"]


def test_collateral_in_one_file(inspect):
    files = World().files()
    body = json.loads(files["tcbinfo.json"])
    one = {"tcb_info": collateral.minify(body["tcbInfo"]), "tcb_info_signature": body["signature"],
           "pck_crl": files["pckcrl.der"].hex(),
           "pck_crl_issuer_chain": files["pckcrlchain.pem"].decode()}
    told = inspect(json.dumps(one).encode(), "--json")
    assert told["kind"] == "collateral"
    assert told["tcb_info"]["tcb_info"]["fmspc"] == "c0ffee000001"
    assert told["pck_crl"]["crl"]["revoked"] == 0
    assert len(told["pck_crl_issuer_chain"]["certificates"]) == 2


def test_hex_and_base64(inspect):
    quote = World().files()["quote"]
    plain = inspect(quote, "--json")
    for coding, text in (("hex", quote.hex().encode()), ("base64", base64.encodebytes(quote))):
        told = inspect(text, "--json")
        assert told.pop("form") == coding
        assert told == {name: value for name, value in plain.items() if name != "form"}


def test_terminal_is_safe(inspect):
    world = World()
    world.root.common_name = world.root.issuer_name = "root\x1b]0;owned\x07\x1b[31m"
    assert "\x1b" not in inspect(world.root.render())
    assert "root?]0;owned??[31m" in inspect(world.root.render())


@pytest.mark.parametrize("content,reason", [
    (b"", "looks like an empty file"),
    (b"hello, world", "looks like text, without a quote in it; nor is it a certificate, CRL"),
    (b"\x00" * 100, "looks like binary data"),
    (b"{}", "neither TCB info, identity, evaluation numbers nor collateral"),
    (b'{"tcbInfo":{}}', "no member signature"),
    (b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
     "no CERTIFICATE and no X509 CRL block"),
    (b"\x30\x82\x01\x00", "not DER"),
    (b"\x03\x00\x02\x00", "quote"),
    (b"\x04\x00\x02\x00\x81\x00\x00\x00" + bytes(700), "authentication data"),
])
def test_one_line_reason(coffer, tmp_path, content, reason):
    (tmp_path / "file").write_bytes(content)
    done = coffer("inspect", tmp_path / "file")
    assert done.returncode == 2
    assert done.stdout == ""
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n")


def test_real_data(coffer, vectors):
    """every blob of the real cases is told; a quote's PCK leaf is Intel's"""
    for path in sorted((vectors / "cases" / "blobs").iterdir()):
        done = coffer("inspect", "--json", path)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        kind = path.name.split(".")[1]
        assert told["kind"] == {"quote": "quote", "tcbinfo": "tcb_info", "qeid": "identity"}.get(
            kind, "crl" if kind.endswith("crl") else "pem")
        if kind == "quote" and told["quote"]["cert_type"] == 5:
            assert told["certificates"][0]["subject"] == "Intel SGX PCK Certificate"


def test_missing_file(coffer, tmp_path):
    done = coffer("inspect", tmp_path / "absent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "absent: No such file" in done.stderr
