# SPDX-License-Identifier: Apache-2.0
"""X.509 certificates and CRLs as the SGX PKI shapes them, including the PCK extension.

Layout of the extension: Intel, SGX PCK Certificate and CRL Profile; OID 1.2.840.113741.1.13.1.
"""
import base64
import dataclasses
import datetime

from . import der
from .keys import key

ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
SGX = "1.2.840.113741.1.13.1"
ORGANIZATION = "Coffer Test Authority"
UTC = datetime.timezone.utc


def at(text):
    """"2026-06-15" or "2026-06-15T12:00:00" as an aware datetime"""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


def name(common_name, organization=ORGANIZATION):
    def part(number, value):
        return der.set_of(der.sequence(der.oid(number), value))
    return der.sequence(
        part("2.5.4.3", der.utf8(common_name)),
        part("2.5.4.10", der.utf8(organization)),
        part("2.5.4.7", der.utf8("Testing")),
        part("2.5.4.8", der.utf8("XX")),
        part("2.5.4.6", der.printable("XX")))


def extension(number, value, critical=False):
    parts = [der.oid(number)] + ([der.boolean(True)] if critical else []) + [der.octets(value)]
    return der.sequence(*parts)


def authority_key_id(of):
    return extension("2.5.29.35", der.sequence(der.tlv(0x80, of.key_id())))


def subject_key_id(of):
    return extension("2.5.29.14", der.octets(of.key_id()))


def crl_point(url="https://authority.coffer.test/crl"):
    return extension("2.5.29.31", der.sequence(der.sequence(
        der.explicit(0, der.explicit(0, der.tlv(0x86, url.encode()))))))


def key_usage(ca):
    usage = der.bits(b"\x06", 1) if ca else der.bits(b"\xc0", 6)
    return extension("2.5.29.15", usage, critical=True)


def basic_constraints(ca, path_length=None):
    parts = [der.boolean(True)] if ca else []
    parts += [der.integer(path_length)] if path_length is not None else []
    return extension("2.5.29.19", der.sequence(*parts), critical=True)


@dataclasses.dataclass
class SgxExtension:
    """The PCK certificate's own extension; `drop` names fields to leave out."""
    ppid: bytes = bytes(range(0x10, 0x20))
    components: list = dataclasses.field(default_factory=lambda: [12, 12, 3, 3, 255, 255, 1]
                                         + [0] * 9)
    pcesvn: int = 13
    cpusvn: bytes = None  # the components as bytes when None
    pceid: bytes = b"\x00\x00"
    fmspc: bytes = bytes.fromhex("c0ffee000001")
    sgx_type: int = 0
    platform_instance: bytes = None  # Platform CA certificates only, with `configuration`
    configuration: tuple = None  # dynamic platform, cached keys, SMT enabled
    drop: frozenset = frozenset()

    def tcb(self):
        cpusvn = bytes(self.components) if self.cpusvn is None else self.cpusvn
        items = [(i + 1, der.integer(svn)) for i, svn in enumerate(self.components)]
        items += [(17, der.integer(self.pcesvn)), (18, der.octets(cpusvn))]
        return der.sequence(*(self._item(f"2.{i}", v) for i, v in items
                              if f"2.{i}" not in self.drop))

    def _item(self, number, value):
        return der.sequence(der.oid(f"{SGX}.{number}"), value)

    def render(self):
        items = [("1", der.octets(self.ppid)), ("2", self.tcb()), ("3", der.octets(self.pceid)),
                 ("4", der.octets(self.fmspc)), ("5", der.enumerated(self.sgx_type))]
        if self.platform_instance is not None:
            flags = [self._item(f"7.{i + 1}", der.boolean(on))
                     for i, on in enumerate(self.configuration)]
            items += [("6", der.octets(self.platform_instance)), ("7", der.sequence(*flags))]
        return extension(SGX, der.sequence(
            *(self._item(number, value) for number, value in items if number not in self.drop)))


@dataclasses.dataclass
class Certificate:
    common_name: str
    issuer_name: str
    key: object
    signer: object
    serial: object
    ca: bool = False
    path_length: int = None
    not_before: datetime.datetime = at("2025-01-01")
    not_after: datetime.datetime = at("2032-01-01")
    sgx: SgxExtension = None
    drop: frozenset = frozenset()  # extension names to leave out
    extra: tuple = ()  # rendered extensions to add
    version: int = 2
    algorithm: bytes = ECDSA_SHA256
    spki: bytes = None  # overrides the key's own
    tamper: object = None  # bytes -> bytes, over the finished certificate

    def extensions(self):
        items = {"authority_key_id": authority_key_id(self.signer), "crl_point": crl_point(),
                 "subject_key_id": subject_key_id(self.key), "key_usage": key_usage(self.ca),
                 "basic_constraints": basic_constraints(self.ca, self.path_length)}
        if self.sgx:
            items["sgx"] = self.sgx.render()
        return [value for which, value in items.items()
                if which not in self.drop] + list(self.extra)

    def render(self):
        body = der.sequence(
            der.explicit(0, der.integer(self.version)), der.integer(self.serial), self.algorithm,
            name(self.issuer_name),
            der.sequence(der.time(self.not_before), der.time(self.not_after)),
            name(self.common_name), self.spki or self.key.spki(),
            der.explicit(3, der.sequence(*self.extensions())))
        whole = der.sequence(body, self.algorithm, der.bits(self.signer.sign_der(body)))
        return self.tamper(whole) if self.tamper else whole


@dataclasses.dataclass
class Crl:
    issuer_name: str
    signer: object
    this_update: datetime.datetime = at("2026-06-01")
    next_update: datetime.datetime = at("2026-07-01")
    number: int = 1
    revoked: tuple = ()  # serial numbers
    drop: frozenset = frozenset()
    tamper: object = None

    def render(self):
        when = der.time(at("2026-05-01"))
        entries = b"".join(der.sequence(der.integer(serial), when) for serial in self.revoked)
        items = {"number": extension("2.5.29.20", der.integer(self.number)),
                 "authority_key_id": authority_key_id(self.signer)}
        body = der.sequence(
            der.integer(1), ECDSA_SHA256, name(self.issuer_name), der.time(self.this_update),
            der.time(self.next_update), der.tlv(0x30, entries) if entries else b"",
            der.explicit(0, der.sequence(*(v for k, v in items.items() if k not in self.drop))))
        whole = der.sequence(body, ECDSA_SHA256, der.bits(self.signer.sign_der(body)))
        return self.tamper(whole) if self.tamper else whole


def pem(certificate, kind="CERTIFICATE"):
    text = base64.b64encode(certificate).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return f"-----BEGIN {kind}-----\n" + "\n".join(lines) + f"\n-----END {kind}-----\n"


def chain(*certificates):
    return "".join(pem(c.render()) for c in certificates).encode()


def root(key_name="root"):
    return Certificate("Coffer Test SGX Root CA", "Coffer Test SGX Root CA", key(key_name),
                       key(key_name),
                       0x22650C01, ca=True, path_length=1, not_after=at("2049-12-31T23:59:59"))


def intermediate(kind, signer):
    """`kind` is "Processor" or "Platform" """
    return Certificate(f"Coffer Test SGX PCK {kind} CA", "Coffer Test SGX Root CA",
                       key(f"{kind.lower()} ca"), signer, 0xD0E80001 + (kind == "Platform"),
                       ca=True, path_length=0)


def pck(kind, signer):
    platform = kind == "Platform"
    sgx = SgxExtension(sgx_type=int(platform),
                       platform_instance=bytes(range(0x40, 0x50)) if platform else None,
                       configuration=(True, False, True) if platform else None)
    return Certificate("Coffer Test SGX PCK Certificate", f"Coffer Test SGX PCK {kind} CA",
                       key("pck"),
                       signer, 0x7EC00001, sgx=sgx)


def tcb_signer(signer):
    return Certificate("Coffer Test SGX TCB Signing", "Coffer Test SGX Root CA", key("tcb signing"),
                       signer, 0x7E380001)
