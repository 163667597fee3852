# SPDX-License-Identifier: Apache-2.0
"""coffer measure and coffer sign against an independent implementation."""
import datetime
import json
import pathlib
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from conftest import SOURCE
from sgx_model import Elf, Layout, Sigstruct, container, mrenclave, sigstruct

MANIFESTS = {
    "": {},
    "heap = 256Ki\nstack = 64Ki\nthreads = 1": {"heap": 256 << 10, "stack": 64 << 10},
    "threads = 3 # some\n\nheap=8Ki\navx = yes\nexinfo = yes":
        {"threads": 3, "heap": 8 << 10, "avx": True, "exinfo": True},
    "heap = 16Mi\nstack = 1Mi\nthreads = 2": {"threads": 2, "heap": 16 << 20, "stack": 1 << 20},
}


@pytest.fixture(scope="session")
def enclave(build):
    return build / "examples" / "vault" / "vault.enclave"


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """A key for enclaves, and two that are not: exponent 65537, 2048 bits."""
    folder = tmp_path_factory.mktemp("keys")
    for name, exponent, bits in ("good", 3, 3072), ("exponent", 65537, 3072), ("short", 3, 2048):
        key = rsa.generate_private_key(public_exponent=exponent, key_size=bits)
        (folder / f"{name}.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
    return folder


def manifest_file(tmp_path, text):
    path = tmp_path / "manifest"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", MANIFESTS)
def test_mrenclave_equals_the_model(coffer, enclave, tmp_path, text):
    expected = mrenclave(Layout(Elf(enclave.read_bytes()), **MANIFESTS[text]))
    run = coffer("measure", "--json", "--manifest", manifest_file(tmp_path, text), enclave)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["mrenclave"] == expected


def test_every_example_is_what_the_model_says(coffer, build):
    paths = sorted((build / "examples").glob("*/*.signed"))
    assert len(paths) >= 6
    hashes = set()
    for path in paths:
        run = coffer("measure", path)
        wire = path.read_bytes()
        sigstruct = Sigstruct(wire[-1824:-16])
        assert run.returncode == 0, run.stdout
        assert f"mrenclave  {sigstruct.enclave_hash}\n" in run.stdout
        assert f"mrsigner   {sigstruct.mrsigner}\n" in run.stdout
        assert "signature  valid" in run.stdout
        assert sigstruct.is_valid()
        hashes.add((sigstruct.enclave_hash, sigstruct.mrsigner))
    assert len(hashes) == len(paths)


def test_signature_is_sound(coffer, enclave, keys, tmp_path):
    out = tmp_path / "out.signed"
    text = ("product_id = 7\nsvn = 9\nkss = yes\nfamily_id = 000102030405060708090a0b0c0d0e0f\n"
            "ext_product_id = ffffffffffffffffffffffffffffff01\nheap = 64Ki\n")
    run = coffer("sign", "--key", keys / "good.pem", "--manifest", manifest_file(tmp_path, text),
                 "--date", "2026-11-24", "--out", out, enclave)
    assert run.returncode == 0, run.stderr
    file = out.read_bytes()
    assert file.startswith(enclave.read_bytes())
    assert file.endswith(b"COFFER-ENCLAVE-1")
    s = Sigstruct(file[-1824:-16])
    assert s.is_valid()
    assert s.enclave_hash == mrenclave(Layout(Elf(enclave.read_bytes()), heap=64 << 10))
    assert (s.product_id, s.svn, s.date) == (7, 9, 0x20261124)
    assert (s.flags, s.xfrm) == (0x84, 3)
    assert s.flags_mask == s.xfrm_mask == 2**64 - 1 and s.misc_mask == 2**32 - 1
    assert s.wire[912:928].hex() == "000102030405060708090a0b0c0d0e0f"
    assert s.wire[1008:1024].hex() == "ffffffffffffffffffffffffffffff01"
    public = serialization.load_pem_private_key((keys / "good.pem").read_bytes(), None).public_key()
    assert s.n == public.public_numbers().n


def test_signing_again_keeps_the_measurement(coffer, build, keys, tmp_path):
    signed = build / "examples" / "vault" / "vault-first.signed"
    out = tmp_path / "again.signed"
    assert coffer("sign", "--key", keys / "good.pem", "--out", out, signed).returncode == 0
    old, new = (Sigstruct(path.read_bytes()[-1824:-16]) for path in (signed, out))
    assert old.enclave_hash == new.enclave_hash and old.mrsigner != new.mrsigner
    assert len(out.read_bytes()) == len(signed.read_bytes())


def test_default_name_and_source_date(coffer, enclave, keys, tmp_path):
    copy = tmp_path / "a.enclave"
    copy.write_bytes(enclave.read_bytes())
    run = coffer("sign", "--key", keys / "good.pem", copy,
                 env={"SOURCE_DATE_EPOCH": "1000000000"})
    assert run.returncode == 0, run.stderr
    first = (tmp_path / "a.enclave.signed").read_bytes()
    assert Sigstruct(first[-1824:-16]).date == 0x20010909
    coffer("sign", "--key", keys / "good.pem", copy, env={"SOURCE_DATE_EPOCH": "1000000000"})
    assert (tmp_path / "a.enclave.signed").read_bytes() == first
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d")
    coffer("sign", "--key", keys / "good.pem", copy)
    assert f"{Sigstruct((tmp_path / 'a.enclave.signed').read_bytes()[-1824:-16]).date:08x}" >= today


@pytest.mark.parametrize("key, reason", [
    ("exponent.pem", "exponent is not 3"), ("short.pem", "not an RSA key of 3072 bits"),
    ("absent.pem", "no private key")])
def test_wrong_keys(coffer, enclave, keys, tmp_path, key, reason):
    run = coffer("sign", "--key", keys / key, "--out", tmp_path / "out", enclave)
    assert run.returncode == 2
    assert reason in run.stderr and run.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text, reason", [
    ("heap = 5", "line 1: heap must be"), ("heap = 0", "line 1: heap must be"),
    ("heap = 64Gi", "line 1: heap must be"), ("\n# x\nthreads = 0", "line 3: threads must be"),
    ("threads = 1025", "threads"), ("threads = -1", "threads"), ("threads = 1 2", "threads"),
    ("svn = 65536", "svn"), ("svn = 0x10000", "svn"), ("debug = maybe", "yes or no"),
    ("colour = red", 'no such key "colour"'), ("svn = 1\nsvn = 1", "line 2: svn is given twice"),
    ("svn", "expected `key = value`"), ("= 1", "expected `key = value`"),
    ("svn =", "expected `key = value`"),
    ("kss = yes\nfamily_id = 00", "32 hexadecimal digits"),
    ("family_id = 000102030405060708090a0b0c0d0e0f", "need kss = yes"),
    ("stack = 12Ki", "stack must be")])
def test_bad_manifests(coffer, enclave, tmp_path, text, reason):
    run = coffer("measure", "--manifest", manifest_file(tmp_path, text), enclave)
    assert run.returncode == 2
    assert reason in run.stderr and run.stderr.count("\n") == 1


def test_programs_that_are_no_enclaves(coffer, build, tmp_path):
    for path, reason in ((build / "coffer", "asks for a dynamic linker"),
                         (SOURCE / "meson.build", "not a 64-bit little-endian ELF"),
                         (tmp_path / "absent", "No such file")):
        run = coffer("measure", path)
        assert run.returncode == 2
        assert reason in run.stderr


def test_changed_bytes_are_seen(coffer, build, tmp_path):
    file = bytearray((build / "examples" / "vault" / "vault-first.signed").read_bytes())
    changed = tmp_path / "changed.signed"
    code = 0x1000
    for at in (code, len(file) - 1824 + 20, len(file) - 1824 + 960, len(file) - 1824 + 520,
               len(file) - 1824 + 1040, len(file) - 1952):
        mutant = bytearray(file)
        mutant[at] ^= 0x10
        changed.write_bytes(mutant)
        run = coffer("measure", changed)
        assert run.returncode in (1, 2), f"offset {at}"
        if run.returncode == 1:
            assert "signature  INVALID" in run.stdout


def test_a_signature_of_another_signer_program_is_taken(coffer, enclave, keys, tmp_path):
    key = serialization.load_pem_private_key((keys / "good.pem").read_bytes(), None)
    elf = enclave.read_bytes()
    good = sigstruct(key, mrenclave(Layout(Elf(elf))))
    wrong_hash = sigstruct(key, "00" * 32)
    q1_too_large = bytearray(good)
    q1_too_large[1040:1424] = (Sigstruct(good).q1 + 1).to_bytes(384, "little")
    for wire, status in ((good, 0), (wrong_hash, 1), (bytes(q1_too_large), 1)):
        path = tmp_path / "enclave.signed"
        path.write_bytes(container(elf, wire))
        run = coffer("measure", path)
        assert run.returncode == status, run.stdout + run.stderr
        assert ("signature  valid" in run.stdout) == (status == 0)


def test_usage(coffer, enclave):
    for command in "measure", "sign":
        assert coffer(command).returncode == 2
        assert coffer(command, "--help").returncode == 0
    assert coffer("sign", enclave).returncode == 2
    assert coffer("measure", enclave, enclave).returncode == 2


@pytest.fixture
def token(keys, tmp_path, monkeypatch):
    """A PKCS #11 token (SoftHSM) with the good key; yields the beginning of its URI."""
    module = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
    if not module.exists() or not shutil.which("softhsm2-util"):
        pytest.skip("softhsm2 is not installed")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm.conf"))
    monkeypatch.setenv("PKCS11_MODULE_PATH", str(module))
    for words in (["--init-token", "--free", "--label", "build", "--so-pin", "5678"],
                  ["--import", keys / "good.pem", "--token", "build", "--label", "enclave",
                   "--id", "01"]):
        subprocess.run(["softhsm2-util", *words, "--pin", "1234"], check=True, capture_output=True)
    return "pkcs11:token=build;type=private;pin-value=1234"


def test_key_in_a_token(coffer, enclave, keys, token, tmp_path):
    by_token, by_file = tmp_path / "token.signed", tmp_path / "file.signed"
    run = coffer("sign", "--key", f"{token};object=enclave", "--date", "2026-11-24", "--out",
                 by_token, enclave)
    assert run.returncode == 0, run.stderr
    coffer("sign", "--key", keys / "good.pem", "--date", "2026-11-24", "--out", by_file, enclave)
    assert by_token.read_bytes() == by_file.read_bytes()


def test_key_that_is_not_in_the_token(coffer, enclave, token, tmp_path):
    run = coffer("sign", "--key", f"{token};object=other", "--out", tmp_path / "out", enclave)
    assert run.returncode == 2
    assert "no private key at the pkcs11 URI" in run.stderr
    assert not (tmp_path / "out").exists()


def test_runtime_leaves_nothing_undefined(build):
    """An enclave has no interpreter, no needed library, no relocation but R_X86_64_RELATIVE."""
    for path in sorted((build / "examples").glob("*/*.enclave")):
        text = subprocess.run(["readelf", "-dlrW", path], capture_output=True, text=True,
                              check=True).stdout
        assert "INTERP" not in text and "NEEDED" not in text and "TEXTREL" not in text
        kinds = {word for line in text.splitlines() for word in line.split()
                 if word.startswith("R_X86_64_")}
        assert kinds <= {"R_X86_64_RELATIVE"}, pathlib.Path(path).name


def test_the_guide_is_true(coffer, build, tmp_path):
    """The first enclave of docs/sdk.md, built as it says and outside of this build."""
    text = (SOURCE / "docs" / "sdk.md").read_text()
    sources = [part.split("```")[0] for part in text.split("```c\n")[1:3]]
    (tmp_path / "hello_enclave.c").write_text(sources[0])
    (tmp_path / "hello.c").write_text(sources[1])
    commands = text.split("```sh\n")[1].split("```")[0].replace("\\\n", " ")
    environment = {"PATH": f"{build}:/usr/bin:/bin", "CPATH": str(SOURCE / "include"),
                   "LIBRARY_PATH": str(build / "src" / "sdk")}
    for command in commands.strip().splitlines()[:-1]:
        subprocess.run(command, shell=True, cwd=tmp_path, env=environment, check=True,
                       capture_output=True, timeout=60)
    assert coffer("measure", tmp_path / "hello.signed").returncode == 0
    assert (tmp_path / "hello").exists()
