# SPDX-License-Identifier: Apache-2.0
"""Quotes of versions 3, 4 and 5 with each body, and the wrappers that Open Enclave puts around.

Layouts: Intel, DCAP quote library references (ECDSA quote formats 3, 4, 5).
"""
import dataclasses
import hashlib
import struct

from .collateral import QE_SIGNER
from .keys import key

INTEL_QE_VENDOR = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
SGX, TDX = 0x00, 0x81
PPID_CLEAR, PPID_RSA2048, PPID_RSA3072, PCK_LEAF, PCK_CHAIN, QE_REPORT, MANIFEST = range(1, 8)


def pattern(seed, size):
    """bytes that differ from field to field, so that an offset error shows"""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(f"{seed}{len(out)}".encode()).digest()
    return out[:size]


def fields(layout, values, defaults):
    """`layout` is (name, size) pairs; numbers are little endian; absent fields take `defaults`"""
    out = b""
    for name, size in layout:
        value = values.get(name, defaults.get(name, b""))
        if isinstance(value, int):
            value = value.to_bytes(size, "little")
        assert len(value) <= size, name
        out += value.ljust(size, b"\0")
    return out


REPORT = [("cpusvn", 16), ("miscselect", 4), ("reserved1", 12), ("isvextprodid", 16),
          ("attributes", 16),
          ("mrenclave", 32), ("reserved2", 32), ("mrsigner", 32), ("reserved3", 32),
          ("configid", 64),
          ("isvprodid", 2), ("isvsvn", 2), ("configsvn", 2), ("reserved4", 42), ("isvfamilyid", 16),
          ("report_data", 64)]
TD10 = [("tee_tcb_svn", 16), ("mrseam", 48), ("mrsignerseam", 48), ("seamattributes", 8),
        ("tdattributes", 8), ("xfam", 8), ("mrtd", 48), ("mrconfigid", 48), ("mrowner", 48),
        ("mrownerconfig", 48), ("rtmr0", 48), ("rtmr1", 48), ("rtmr2", 48), ("rtmr3", 48),
        ("report_data", 64)]
TD15 = TD10 + [("tee_tcb_svn2", 16), ("mrservicetd", 48)]
TD15EX = TD15 + [("vmid", 1), ("td_id", 32), ("devinfo", 48), ("init_servtd_hash", 48),
                 ("init_servtd_attr", 8), ("init_cpusvn", 16), ("init_tee_tcb_svn", 16),
                 ("init_fmspc", 12), ("cur_servtd_hash", 48), ("cur_servtd_attr", 8)]
BODIES = {"SGX": (1, REPORT), "TD10": (2, TD10), "TD15": (3, TD15), "TD15EX": (4, TD15EX)}

REPORT_DEFAULTS = {"cpusvn": bytes([12, 12, 3, 3, 255, 255, 1]),
                   "attributes": b"\x05".ljust(8, b"\0") + b"\x07",
                   "mrenclave": pattern("mrenclave", 32), "mrsigner": pattern("mrsigner", 32),
                   "isvprodid": 7, "isvsvn": 3, "report_data": pattern("report data", 64)}
QE_DEFAULTS = REPORT_DEFAULTS | {"attributes": b"\x11".ljust(8, b"\0") + b"\xe7",
                                 "mrenclave": pattern("qe mrenclave", 32), "isvsvn": 8,
                                 "mrsigner": bytes.fromhex(QE_SIGNER), "isvprodid": 1}
TD_DEFAULTS = {name: pattern(name, 48) for name in
               ("mrseam", "mrtd", "mrconfigid", "mrowner", "mrownerconfig", "rtmr0", "rtmr1",
                "rtmr2", "rtmr3")}
TD_DEFAULTS |= {"tee_tcb_svn": bytes([5, 0, 6]), "tee_tcb_svn2": bytes([5, 0, 6]),
                "tdattributes": bytes([0, 0, 0, 0x10]), "xfam": b"\xe7\x1a\x06",
                "report_data": pattern("td report data", 64)}
TD_DEFAULTS |= {name: pattern(name, size) for name, size in TD15EX[len(TD15):]}


@dataclasses.dataclass
class Quote:
    version: int = 3
    body_kind: str = "SGX"
    body: dict = dataclasses.field(default_factory=dict)
    qe_report: dict = dataclasses.field(default_factory=dict)
    attestation_key: object = dataclasses.field(default_factory=lambda: key("attestation"))
    pck_key: object = dataclasses.field(default_factory=lambda: key("pck"))
    quote_signer: object = None  # the attestation key when None
    qe_auth: bytes = bytes(range(32))
    binding: bytes = None  # overrides the first half of the QE's report data
    certification_type: int = PCK_CHAIN
    certification: bytes = b""
    outer_type: int = QE_REPORT
    key_type: int = 2
    tee: int = None
    qe_svn: int = 8
    pce_svn: int = 13
    vendor: bytes = INTEL_QE_VENDOR
    user_data: bytes = pattern("qe id", 16) + bytes(4)
    body_type: int = None
    body_size: int = None  # what the version 5 descriptor says; the truth when None
    trailing: bytes = b""
    # added to: auth_size, outer_size, inner_size, qe_auth_size
    lies: dict = dataclasses.field(default_factory=dict)
    tamper: object = None  # bytes -> bytes over the finished quote

    def is_td(self):
        return self.body_kind != "SGX"

    def header(self):
        tee = self.tee if self.tee is not None else (TDX if self.is_td() else SGX)
        return struct.pack("<HHIHH", self.version, self.key_type, tee,
                           0 if self.is_td() else self.qe_svn, 0 if self.is_td() else self.pce_svn
                           ) + self.vendor + self.user_data

    def body_bytes(self):
        defaults = TD_DEFAULTS if self.is_td() else REPORT_DEFAULTS
        return fields(BODIES[self.body_kind][1], self.body, defaults)

    def signed_part(self):
        body = self.body_bytes()
        descriptor = b""
        if self.version == 5:
            descriptor = struct.pack("<HI", self.body_type or BODIES[self.body_kind][0],
                                     len(body) if self.body_size is None else self.body_size)
        return self.header() + descriptor + body

    def qe_report_bytes(self):
        binding = self.binding
        if binding is None:
            binding = hashlib.sha256(self.attestation_key.raw_public + self.qe_auth).digest()
        defaults = QE_DEFAULTS | {"isvprodid": 2 if self.is_td() else 1, "report_data": binding}
        return fields(REPORT, self.qe_report, defaults)

    def certified(self):
        """QE report, its signature, the QE's own data and the inner certification data"""
        report = self.qe_report_bytes()
        return (report + self.pck_key.sign_raw(report)
                + struct.pack("<H", self._size("qe_auth_size", self.qe_auth)) + self.qe_auth
                + struct.pack("<HI", self.certification_type,
                              self._size("inner_size", self.certification))
                + self.certification)

    def _size(self, which, content):
        return len(content) + self.lies.get(which, 0)

    def render(self):
        signed = self.signed_part()
        auth = (self.quote_signer
                or self.attestation_key).sign_raw(signed) + self.attestation_key.raw_public
        certified = self.certified()
        if self.version > 3:
            auth += struct.pack("<HI", self.outer_type, self._size("outer_size", certified))
        auth += certified
        whole = signed + struct.pack("<I", self._size("auth_size", auth)) + auth + self.trailing
        return self.tamper(whole) if self.tamper else whole


def platform_data(kind, ppid=bytes(range(0x10, 0x20)), cpusvn=bytes([12, 12, 3, 3, 255, 255, 1]),
                  pcesvn=13):
    """certification data of types 1 to 3: PPID in clear or encrypted, CPUSVN, PCESVN, PCEID"""
    first = {PPID_CLEAR: ppid, PPID_RSA2048: pattern("rsa2048", 256),
             PPID_RSA3072: pattern("rsa3072", 384)}
    return first[kind] + cpusvn.ljust(16, b"\0") + struct.pack("<HH", pcesvn, 0)


OE_SGX_ECDSA = bytes.fromhex("a3a21e871b4d4014b70aa125d2fbcd8c")
OE_SGX_LOCAL = bytes.fromhex("09268c336e0b45e58a2715644d0ef89a")
OE_TDX_QUOTE = bytes.fromhex("8ba70286c1cf11edafa10242ac120002")


def open_enclave_report(quote, kind=2, version=1):
    return struct.pack("<IIQ", version, kind, len(quote)) + quote


def open_enclave_evidence(content, uuid=OE_SGX_ECDSA, version=3):
    """the header is a C structure: four bytes of padding before the 64-bit size"""
    return struct.pack("<I", version) + uuid + bytes(4) + struct.pack("<Q", len(content)) + content
