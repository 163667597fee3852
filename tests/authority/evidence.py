# SPDX-License-Identifier: Apache-2.0
"""The forms that a quote comes in, written by another hand than the detector's.

RA-TLS certificates are made by the cryptography package. Layouts: TCG DICE Attestation Architecture
(2.23.133.5.4.9), Gramine, Open Enclave and dstack as docs/evidence.md names them.
"""
import base64
import datetime
import hashlib
import json
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from . import der, quotes

UTC = datetime.timezone.utc
NOT_BEFORE = datetime.datetime(2026, 6, 1, tzinfo=UTC)
NOT_AFTER = datetime.datetime(2027, 6, 1, tzinfo=UTC)
CARRIERS = {
    "dice": "2.23.133.5.4.9",
    "gramine": "1.2.840.113741.1337.6",
    "ttls": "1.2.840.113741.1.13.1",
    "open-enclave-report": "1.2.840.113556.10.1.1",
    "open-enclave-evidence": "1.2.840.113556.10.1.2",
    "dstack": "1.3.6.1.4.1.62397.1.1",
}
KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


def cbor(value):
    """the little of CBOR that evidence needs; a tuple (tag, value) is tagged"""
    def head(major, number):
        for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if number < 24:
                return bytes([major << 5 | number])
            if number < 1 << 8 * size:
                return bytes([major << 5 | info]) + number.to_bytes(size, "big")
        raise ValueError(number)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    if isinstance(value, tuple):
        return head(6, value[0]) + cbor(value[1])
    return head(0, value) if value >= 0 else head(1, -1 - value)


def yaml_block(data):
    """a !!binary block scalar"""
    return "".join(f"    {line}\n" for line in base64.encodebytes(data).decode().split())


def forms(quote):
    """(name, bytes, what `coffer verify --json` calls the form)"""
    text = base64.b64encode(quote).decode()
    url = base64.urlsafe_b64encode(quote).decode().rstrip("=")
    digits = quote.hex()
    lines = "\n".join(digits[i:i + 60] for i in range(0, len(digits), 60))
    numbers = ", ".join(map(str, quote))
    inner = base64.urlsafe_b64encode(json.dumps({"quote": text}).encode()).decode()
    trustee = {"cc_eventlog": None, "quote": text, "aa_eventlog": "x" * 900}
    yield "raw", quote, "raw"
    yield "padded", quote + bytes(307), "raw"
    yield "hex", digits.encode(), "hex"
    yield "hex 0x upper", b" 0x" + digits.upper().encode() + b"\n", "hex"
    yield "hex lines", lines.encode() + b"\n", "hex"
    yield "hex colons", ":".join(f"{b:02x}" for b in quote).encode(), "hex"
    yield "hex array", ", ".join(f"0x{b:02x}" for b in quote).encode(), "hex"
    yield "base64", text.encode(), "base64"
    yield "base64 lines", base64.encodebytes(quote), "base64"
    yield "base64 crlf bom", b"\xef\xbb\xbf" + base64.encodebytes(quote).replace(
        b"\n", b"\r\n") + b"\0", "base64"
    yield "base64url", url.encode(), "base64url" if set("-_") & set(url) else "base64"
    yield "json quote", json.dumps({"quote": text}).encode(), "base64 in JSON, member quote"
    yield ("json hex", json.dumps({"tdx": {"quote": "0x" + digits}}).encode(),
           "hex in JSON, member tdx.quote")
    yield ("json numbers", json.dumps({"td_quote": list(quote)}).encode(),
           "array of numbers in JSON, member td_quote")
    yield ("json list", json.dumps([{"evidence": trustee}], indent=2).encode(),
           "base64 in JSON, member [0].evidence.quote")
    yield "json text", json.dumps(digits).encode(), "hex in JSON"
    yield ("json escapes", json.dumps({"quote": text}).replace("/", "\\/").encode(),
           "base64 in JSON, member quote")
    yield ("json in json", json.dumps({"tee-evidence": inner}).encode(),
           "base64 in JSON, member quote in base64 in JSON, member tee-evidence")
    yield "yaml", f"kind: evidence\nspec:\n  quote: {text}\n".encode(), \
        "base64 in YAML, member spec.quote"
    yield "yaml block", f"spec:\n  quote: !!binary |\n{yaml_block(quote)}  n: 1\n".encode(), \
        "base64 in YAML, member spec.quote"
    yield "yaml numbers", f"quote: [{numbers}]\n".encode(), \
        "array of numbers in JSON in YAML, member quote"
    yield "variables", f"NONCE=17\nQUOTE={digits}\n".encode(), "hex in YAML, member QUOTE"
    yield "cbor", cbor({"v": 1, "quote": quote}), "CBOR, member quote"
    yield "cbor eat", cbor((55799, {265: "profile", -70000: [quote]})), "CBOR, member 69999"
    yield "length le", struct.pack("<I", len(quote)) + quote, "bytes after a length of 4 bytes"
    yield "length be", struct.pack(">I", len(quote)) + quote, "bytes after a length of 4 bytes"
    yield "length 64", struct.pack("<Q", len(quote)) + quote, "bytes after a length of 8 bytes"
    yield "open enclave report", quotes.open_enclave_report(quote), "Open Enclave report"
    yield "open enclave padded", quotes.open_enclave_report(quote) + bytes(70), \
        "Open Enclave report"


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def spki_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def claims_of(key):
    """TCG DICE claims that name the key"""
    return cbor({"pubkey-hash": cbor([1, hashlib.sha256(spki(key)).digest()])})


def report_data_of(carrier, key):
    """what an implementation puts into report data, and the claims beside the quote"""
    if carrier == "dice":
        claims = claims_of(key)
        return hashlib.sha256(claims).digest(), claims
    if carrier == "open-enclave-evidence":
        claims = spki_pem(key) + b"\0"
        return hashlib.sha256(claims).digest(), claims
    if carrier == "open-enclave-report":
        return hashlib.sha256(spki_pem(key) + b"\0").digest(), b""
    if carrier == "dstack":
        return hashlib.sha512(b"ratls-cert:" + spki(key)).digest(), b""
    return hashlib.sha256(spki(key)).digest(), b""


def content_of(carrier, quote, claims):
    """the extension's content"""
    if carrier == "dice":
        return cbor((60000, [quote, claims]))
    if carrier == "open-enclave-evidence":
        return quotes.open_enclave_evidence(quote + claims)
    if carrier == "open-enclave-report":
        return quotes.open_enclave_report(quote)
    if carrier == "dstack":
        return der.octets(quote)
    return quote


def certificate(carrier, key, content):
    """a self-signed certificate with the evidence, DER"""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RA-TLS server")])
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(CARRIERS[carrier]), content)
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(7)
            .not_valid_before(NOT_BEFORE).not_valid_after(NOT_AFTER)
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(extension, False)
            .sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def pem(data):
    return (b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data)
            + b"-----END CERTIFICATE-----\n")


def vtpm_report(runtime, kind=4):
    """an Azure vTPM report: header, TD report, runtime data"""
    td_report = bytes([0x81]) + bytes(1023)
    return (struct.pack("<4sIIII12s", b"HCLA", 2, 1184, 2, 0, bytes(12)) + td_report + bytes(160)
            + struct.pack("<IIIII", 20 + len(runtime), 1, kind, 1, len(runtime)) + runtime)
