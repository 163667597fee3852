# SPDX-License-Identifier: Apache-2.0
"""P-256 keys derived from names, and deterministic signatures (RFC 6979, SHA-256)."""
import functools
import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import ec

from . import der

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CURVES = {
    "P-256": (ec.SECP256R1(), "1.2.840.10045.3.1.7", 32),
    "P-384": (ec.SECP384R1(), "1.3.132.0.34", 48),
    "secp256k1": (ec.SECP256K1(), "1.3.132.0.10", 32),
}


class Key:
    """A private key whose scalar is the hash of its name; only P-256 keys sign."""

    def __init__(self, name, curve="P-256"):
        self.name = name
        self.curve = curve
        digest = hashlib.sha256(b"coffer test authority: " + name.encode()).digest()
        self.scalar = int.from_bytes(digest, "big") % (ORDER - 1) + 1

    @functools.cached_property
    def raw_public(self):
        """x || y"""
        group, _, size = CURVES[self.curve]
        numbers = ec.derive_private_key(self.scalar, group).public_key().public_numbers()
        return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")

    def spki(self):
        return der.sequence(
            der.sequence(der.oid("1.2.840.10045.2.1"), der.oid(CURVES[self.curve][1])),
            der.bits(b"\x04" + self.raw_public))

    def key_id(self):
        return hashlib.sha1(b"\x04" + self.raw_public).digest()

    def sign(self, message):
        """(r, s) over SHA-256 of `message`"""
        return _sign(self.scalar, hashlib.sha256(message).digest())

    def sign_raw(self, message):
        """r || s, 64 bytes, as quotes and signed JSON carry it"""
        r, s = self.sign(message)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign_der(self, message):
        r, s = self.sign(message)
        return der.sequence(der.integer(r), der.integer(s))


@functools.lru_cache(maxsize=None)
def key(name, curve="P-256"):
    return Key(name, curve)


@functools.lru_cache(maxsize=None)
def _sign(scalar, digest):
    number = int.from_bytes(digest, "big")
    for nonce in _nonces(scalar, digest):
        point = ec.derive_private_key(nonce, ec.SECP256R1()).public_key().public_numbers()
        r = point.x % ORDER
        s = pow(nonce, -1, ORDER) * (number + r * scalar) % ORDER
        if r and s:
            return r, s


def _nonces(scalar, digest):
    """RFC 6979 section 3.2"""
    seed = scalar.to_bytes(32, "big") + (int.from_bytes(digest, "big") % ORDER).to_bytes(32, "big")
    v, k = b"\x01" * 32, b"\x00" * 32
    for step in (b"\x00", b"\x01"):
        k = hmac.digest(k, v + step + seed, "sha256")
        v = hmac.digest(k, v, "sha256")
    while True:
        v = hmac.digest(k, v, "sha256")
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < ORDER:
            yield nonce
        k = hmac.digest(k, v + b"\x00", "sha256")
        v = hmac.digest(k, v, "sha256")
