# SPDX-License-Identifier: Apache-2.0
"""coffer verify --token-key: the verdict as a signed EAT Attestation Result."""
import base64
import ctypes
import hashlib
import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority import quotes  # noqa: E402
from authority.collateral import level  # noqa: E402
from authority.world import AT, World  # noqa: E402

from library import AT as AT_SECONDS, Judge, bytes_of, load  # noqa: E402

crypto = pytest.importorskip("cryptography.hazmat.primitives.serialization")
MRENCLAVE = quotes.pattern("mrenclave", 32).hex()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    from cryptography.hazmat.primitives.asymmetric import ec
    made = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(made.private_bytes(crypto.Encoding.PEM, crypto.PrivateFormat.PKCS8,
                                        crypto.NoEncryption()))
    return path, made.public_key()


def opened(token, public):
    """header and claims of a token whose signature holds"""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    header, claims, signature = token.split(".")
    raw = decoded(signature)
    assert len(raw) == 64
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"),
                                     int.from_bytes(raw[32:], "big"))
    public.verify(der, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(decoded(header)), json.loads(decoded(claims))


@pytest.fixture
def told(coffer, tmp_path, key):
    """a function: world and options -> exit status and claims"""
    def tell(world, *options):
        for name, content in world.files().items():
            (tmp_path / name).write_bytes(content)
        run = coffer("verify", "--token-key", key[0], *options, "--at", AT, "--collateral",
                     tmp_path, "--trust-root", tmp_path / "root.pem", tmp_path / "quote")
        assert run.stdout.count("\n") == 1, run.stderr
        return run.returncode, *opened(run.stdout.strip(), key[1])
    return tell


def test_the_header_names_the_key(told, key):
    _, header, claims = told(World())
    numbers = key[1].public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode()
            for n in (numbers.x, numbers.y))
    jwk = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    assert header["alg"] == "ES256"
    assert decoded(header["kid"]) == hashlib.sha256(jwk.encode()).digest()
    assert claims["eat_profile"] == "tag:ietf.org,2026:rats/ear#04"
    assert claims["iat"] == AT_SECONDS and claims["ear_verifier_id"]["developer"] == "Coffer"


def test_an_accepted_enclave_is_affirmed(told):
    code, _, claims = told(World(), "--mrenclave", MRENCLAVE)
    (name, part), = claims["submods"].items()
    assert (code, name, part["ear_status"]) == (0, "sgx", "affirming")
    assert part["ear_trustworthiness_vector"] == {
        "instance-identity": 2, "configuration": 2, "executables": 2, "hardware": 2,
        "runtime-opaque": 2}
    assert part["coffer_verdict"]["accepted"] is True


def debug(world):
    world.quote.body["attributes"] = b"\x07".ljust(8, b"\0") + b"\x07"


@pytest.mark.parametrize("change,options,status,claim,value", [
    (lambda w: None, [], "affirming", "executables", 0),
    (lambda w: None, ["--mrenclave", "00" * 32], "contraindicated", "executables", 96),
    (lambda w: None, ["--configid", "01" * 64], "contraindicated", "configuration", 96),
    (lambda w: w.set_levels(level("SWHardeningNeeded")), [], "warning", "hardware", 32),
    (lambda w: w.set_levels(level("OutOfDate")), [], "contraindicated", "hardware", 96),
    (lambda w: w.set_levels(level("OutOfDate")), ["--accept=OutOfDate"], "warning", "hardware", 32),
    (lambda w: setattr(w.quote, "quote_signer", w.root.key), [], "contraindicated",
     "instance-identity", 97),
    (lambda w: setattr(w.quote, "quote_signer", w.root.key), [], "contraindicated", "hardware", 97),
    (debug, [], "contraindicated", "runtime-opaque", 96),
    (debug, ["--allow-debug"], "warning", "runtime-opaque", 96),
    (lambda w: w.body.update(nextUpdate="2026-06-14T00:00:00Z"), [], "contraindicated", "hardware",
     2),
])
def test_the_vector_follows_the_checks(told, change, options, status, claim, value):
    world = World()
    change(world)
    code, _, claims = told(world, *options)
    part = claims["submods"]["sgx"]
    assert part["ear_status"] == status
    assert part["ear_trustworthiness_vector"][claim] == value
    assert (code == 0) is (status != "contraindicated") is part["coffer_verdict"]["accepted"]


def test_nonce_and_policy_are_bound(told):
    world = World(4, "TD10")
    world.quote.body["report_data"] = b"question"
    _, _, claims = told(world, "--nonce", b"question".hex())
    assert decoded(claims["eat_nonce"]) == b"question" and list(claims["submods"]) == ["tdx"]
    names = []
    for options in ([], [], ["--min-tcb-evaluation=1"], ["--grace=1d"]):
        _, _, claims = told(World(), *options)
        names += claims["submods"]["sgx"]["ear_appraisal_policy_ids"]
        assert "eat_nonce" not in claims
    assert names[0] == names[1] and len(set(names)) == 3
    assert all(name.startswith("ni:///sha-256;") for name in names)


def test_misuse_is_undecided(coffer, tmp_path, key):
    (tmp_path / "quote").write_bytes(World().files()["quote"])
    (tmp_path / "other.pem").write_text(key[0].read_text().replace("PRIVATE", "OTHER"))
    for options in (["--json"], ["--batch"]):
        run = coffer("verify", "--token-key", key[0], *options, tmp_path / "quote")
        assert run.returncode == 2 and "--token-key excludes" in run.stderr and run.stdout == ""
    for path in (tmp_path / "absent", tmp_path / "quote", tmp_path / "other.pem"):
        run = coffer("verify", "--token-key", path, tmp_path / "quote")
        assert run.returncode == 2 and run.stdout == ""


def test_a_key_of_openssl_is_taken(coffer, tmp_path):
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", tmp_path / "key.pem"], check=True)
    (tmp_path / "quote").write_bytes(World().files()["quote"])
    run = coffer("verify", "--token-key", tmp_path / "key.pem", tmp_path / "quote")
    public = crypto.load_pem_private_key((tmp_path / "key.pem").read_bytes(), None).public_key()
    assert run.returncode == 1 and opened(run.stdout.strip(), public)


def test_the_library_signs_the_same(build, key):
    library = load(build)
    if not library:
        pytest.skip("a sanitized library cannot be loaded into Python")
    files = World().files()
    judge, verdict, text = Judge(library, files["root.pem"]), ctypes.c_void_p(), ctypes.c_void_p()
    made = judge.collateral(files)
    assert library.coffer_verify(judge.verifier, made, bytes_of(files["quote"]),
                                 ctypes.c_int64(AT_SECONDS), ctypes.byref(judge.policy),
                                 ctypes.byref(verdict), None) == 0
    assert library.coffer_verdict_token(verdict, bytes_of(b"no key"), ctypes.byref(text),
                                        ctypes.byref(judge.error)) < 0
    assert b"PRIVATE KEY" in judge.error.text
    assert library.coffer_verdict_token(verdict, bytes_of(key[0].read_bytes()), ctypes.byref(text),
                                        None) == 0
    _, claims = opened(ctypes.string_at(text.value).decode(), key[1])
    assert claims["submods"]["sgx"]["ear_status"] == "affirming"
    library.coffer_text_free(text)
    library.coffer_verdict_free(verdict)
    library.coffer_collateral_free(made)
    judge.close()
