# SPDX-License-Identifier: Apache-2.0
"""An independent implementation of MRENCLAVE and SIGSTRUCT, after the manual and docs/sdk.md."""
import hashlib
import struct

PAGE = 4096
R, W, X = 1, 2, 4
TCS, REG = 1, 2


def up(value, unit=PAGE):
    return -(-value // unit) * unit


class Elf:
    def __init__(self, data):
        assert data[:4] == b"\x7fELF"
        self.data = data
        self.entry, table = struct.unpack_from("<QQ", data, 24)
        size, count = struct.unpack_from("<HH", data, 54)
        self.load, self.tls = [], (0, 0, 0, 1)
        for i in range(count):
            kind, flags, offset, address, _, filesz, memsz, align = struct.unpack_from(
                "<IIQQQQQQ", data, table + i * size)
            if kind == 1 and memsz:
                permissions = R | (W if flags & 2 else 0) | (X if flags & 1 else 0)
                self.load.append((address, data[offset:offset + filesz], memsz, permissions))
            if kind == 7:
                self.tls = (address, filesz, memsz, align or 1)


class Layout:
    """Pages of an enclave as docs/sdk.md lays them out: (offset, bytes, type, permissions)."""

    def __init__(self, elf, heap=1 << 20, stack=64 << 10, threads=1, avx=False, exinfo=False):
        xsave = 832 if avx else 576
        frame = up(xsave + 184 + (16 if exinfo else 0))
        self.frame_pages = frame // PAGE
        address, filesz, memsz, align = elf.tls
        tls_size = up(memsz, align)
        heap_at = up(elf.load[-1][0] + elf.load[-1][2]) + PAGE
        at = heap_at + heap
        regions = [(a // PAGE * PAGE, a % PAGE, d, up(a + m), p) for a, d, m, p in elf.load]
        self.pages = []
        for start, skew, data, end, permissions in regions:
            image = (bytes(skew) + data).ljust(end - start, b"\0")
            self.add(start, image, REG, permissions)
        self.add(heap_at, bytes(heap), REG, R | W)
        threads_data = []
        for _ in range(threads):
            stack_at = at + PAGE
            exception_at = stack_at + stack + PAGE
            tls_at = exception_at + 16384 + PAGE
            page_at = tls_at + up(tls_size)
            tcs_at, ssa_at = page_at + PAGE, page_at + 2 * PAGE
            at = ssa_at + 2 * frame
            threads_data.append((stack_at, exception_at, tls_at, page_at, tcs_at, ssa_at))
        self.size = PAGE
        while self.size < at:
            self.size *= 2
        for stack_at, exception_at, tls_at, page_at, tcs_at, ssa_at in threads_data:
            page = bytes(48) + struct.pack(
                "<12Q", page_at, stack_at + stack, exception_at + 16384, ssa_at, frame, heap_at,
                heap, self.size, address, filesz, tls_size, 1 if exinfo else 0)
            tcs = struct.pack("<QQQIIQQQQII", 0, 0, ssa_at, 0, 2, elf.entry, 0, page_at, page_at,
                              0xffffffff, 0xffffffff)
            self.add(stack_at, bytes(stack), REG, R | W)
            self.add(exception_at, bytes(16384), REG, R | W)
            self.add(tls_at, bytes(page_at - tls_at) + page.ljust(PAGE, b"\0"), REG, R | W)
            self.add(tcs_at, tcs.ljust(PAGE, b"\0"), TCS, 0)
            self.add(ssa_at, bytes(2 * frame), REG, R | W)

    def add(self, offset, data, kind, permissions):
        for at in range(0, len(data), PAGE):
            self.pages.append((offset + at, data[at:at + PAGE], kind, permissions))


def mrenclave(layout):
    sha = hashlib.sha256(b"ECREATE\0" + struct.pack("<IQ", layout.frame_pages, layout.size) +
                         bytes(44))
    for offset, data, kind, permissions in layout.pages:
        sha.update(b"EADD\0\0\0\0" + struct.pack("<QQ", offset, kind << 8 | permissions)
                   + bytes(40))
        for at in range(0, PAGE, 256):
            sha.update(b"EEXTEND\0" + struct.pack("<Q", offset + at) + bytes(48))
            sha.update(data[at:at + 256])
    return sha.hexdigest()


class Sigstruct:
    def __init__(self, wire):
        assert len(wire) == 1808
        self.wire = wire
        number = lambda at: int.from_bytes(wire[at:at + 384], "little")
        self.n, self.s, self.q1, self.q2 = number(128), number(516), number(1040), number(1424)
        self.date, = struct.unpack_from("<I", wire, 20)
        self.miscselect, self.misc_mask = struct.unpack_from("<II", wire, 900)
        self.flags, self.xfrm, self.flags_mask, self.xfrm_mask = struct.unpack_from("<4Q", wire,
                                                                                    928)
        self.enclave_hash = wire[960:992].hex()
        self.product_id, self.svn = struct.unpack_from("<HH", wire, 1024)
        self.mrsigner = hashlib.sha256(wire[128:512]).hexdigest()

    def is_valid(self):
        digest = hashlib.sha256(self.wire[:128] + self.wire[900:1028]).digest()
        info = bytes.fromhex("3031300d060960864801650304020105000420")
        message = b"\0\1" + b"\xff" * (384 - 3 - len(info) - 32) + b"\0" + info + digest
        square = self.s * self.s
        return (self.wire[:12].hex() == "06000000e100000000000100"
                and self.wire[24:40].hex() == "01010000600000006000000001000000"
                and struct.unpack_from("<I", self.wire, 512)[0] == 3
                and self.s < self.n
                and pow(self.s, 3, self.n) == int.from_bytes(message, "big")
                and self.q1 == square // self.n
                and self.q2 == (square - self.q1 * self.n) * self.s // self.n)


def sigstruct(key, enclave_hash, product_id=0, svn=0, flags=4, xfrm=3, miscselect=0,
              date=0x20261124):
    """A SIGSTRUCT signed with `key`, a private key of the cryptography package."""
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives import hashes
    n = key.public_key().public_numbers().n
    wire = bytearray(1808)
    wire[0:12] = bytes.fromhex("06000000e100000000000100")
    struct.pack_into("<I", wire, 20, date)
    wire[24:40] = bytes.fromhex("01010000600000006000000001000000")
    wire[128:512] = n.to_bytes(384, "little")
    struct.pack_into("<I", wire, 512, 3)
    struct.pack_into("<II", wire, 900, miscselect, 0xffffffff)
    struct.pack_into("<4Q", wire, 928, flags, xfrm, 2**64 - 1, 2**64 - 1)
    wire[960:992] = bytes.fromhex(enclave_hash)
    struct.pack_into("<HH", wire, 1024, product_id, svn)
    signature = key.sign(bytes(wire[:128] + wire[900:1028]), padding.PKCS1v15(), hashes.SHA256())
    s = int.from_bytes(signature, "big")
    q1 = s * s // n
    q2 = (s * s - q1 * n) * s // n
    for at, number in ((516, s), (1040, q1), (1424, q2)):
        wire[at:at + 384] = number.to_bytes(384, "little")
    return bytes(wire)


def container(elf, wire, heap=1 << 20, stack=64 << 10, threads=1, flags=4, xfrm=3, miscselect=0,
              product_id=0, svn=0):
    settings = struct.pack("<QQIIQQHH", heap, stack, threads, miscselect, flags, xfrm, product_id,
                           svn)
    return elf + settings.ljust(128, b"\0") + wire + b"COFFER-ENCLAVE-1"
