# SPDX-License-Identifier: Apache-2.0
"""Collateral as services, libraries and editors leave it: read as what it is by `coffer verify`."""
import base64
import ctypes
import json
import pathlib
import struct
import sys
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from authority.world import AT, World  # noqa: E402
from library import Judge, load  # noqa: E402
from test_libcoffer import Error  # noqa: E402

CHAINS = ("tcbchain.pem", "qeidchain.pem", "pckcrlchain.pem")
CRLS = ("pckcrl.der", "rootcrl.der")
TEXTS = ("tcbinfo.json", "qeid.json")
HEADERS = {"tcbchain.pem": "TCB-Info-Issuer-Chain",
           "qeidchain.pem": "SGX-Enclave-Identity-Issuer-Chain",
           "pckcrlchain.pem": "SGX-PCK-CRL-Issuer-Chain"}


def lines(text, width=64):
    return "\n".join(text[i:i + width] for i in range(0, len(text), width)).encode() + b"\n"


def pem(data):
    return (b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(data) + b"-----END X509 CRL-----\n")


def quoted(data):
    return urllib.parse.quote(data.decode(), safe="").encode()


def headers(name, data):
    """what `curl -D` writes for the response that carries this chain"""
    return (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200 \r\ncontent-type: application/json\r\n"
            + HEADERS[name].encode() + b": " + quoted(data) + b"\r\nrequest-id: 1\r\n\r\n")


EDITS = [
    *[(f"{name} percent-encoded", name, quoted) for name in CHAINS],
    *[(f"{name} as saved headers", name, lambda data, name=name: headers(name, data))
      for name in CHAINS],
    *[(f"{name} with NUL", name, lambda data: data + b"\0") for name in CHAINS + TEXTS + CRLS],
    *[(f"{name} with BOM", name, lambda data: b"\xef\xbb\xbf" + data) for name in TEXTS + CHAINS],
    *[(f"{name} with blanks", name, lambda data: b"\r\n " + data + b" \n\0\n") for name in TEXTS],
    *[(f"{name} hex", name, lambda data: data.hex().encode()) for name in CRLS],
    *[(f"{name} hex NUL", name, lambda data: data.hex().upper().encode() + b"\0")
      for name in CRLS],
    *[(f"{name} hex lines", name, lambda data: lines(data.hex())) for name in CRLS],
    *[(f"{name} base64", name, base64.b64encode) for name in CRLS],
    *[(f"{name} base64 lines", name, lambda data: base64.encodebytes(data) + b"\0")
      for name in CRLS],
    *[(f"{name} pem", name, pem) for name in CRLS],
    *[(f"{name} with headers", name, lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data)
      for name in CRLS],
]


@pytest.fixture
def judge(coffer, tmp_path):
    """Write the files of a directory, verify with them; the completed process."""
    def run(files, collateral=None):
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        return coffer("verify", f"--trust-root={tmp_path / 'root.pem'}", f"--at={AT}",
                      f"--collateral={tmp_path / collateral if collateral else tmp_path}",
                      tmp_path / "quote")
    return run


@pytest.mark.parametrize("name,edit", [pytest.param(n, e, id=i) for i, n, e in EDITS])
def test_every_form_of_a_piece(judge, name, edit):
    files = World(4, "TD10").files()
    files[name] = edit(files[name])
    run = judge(files)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("body,chain", [("tcbinfo.json", "tcbchain.pem"),
                                        ("qeid.json", "qeidchain.pem"),
                                        ("pckcrl.der", "pckcrlchain.pem")])
def test_a_response_with_its_headers_needs_no_chain(judge, body, chain):
    """`curl -i`: the chain is in the headers of the file itself"""
    files = World(4, "TD10").files()
    files[body] = headers(chain, files.pop(chain)) + files[body]
    assert judge(files).returncode == 0


def flat(files, version, crl):
    pieces = [files["pckcrlchain.pem"] + b"\0", crl(files["rootcrl.der"]),
              crl(files["pckcrl.der"]), files["tcbchain.pem"] + b"\0",
              files["tcbinfo.json"] + b"\0", files["qeidchain.pem"] + b"\0",
              files["qeid.json"] + b"\0"]
    table = b"".join(struct.pack("<QII", 0x7F1234560000, len(p), 0) for p in pieces)
    return struct.pack("<HHI", *version, 0x81) + table + b"".join(pieces)


@pytest.mark.parametrize("version,crl", [
    ((3, 0), lambda der: der.hex().encode() + b"\0"), ((3, 1), lambda der: der),
    ((1, 0), pem)])
def test_intels_structure_as_a_file(judge, coffer, tmp_path, version, crl):
    files = World(4, "TD10").files()
    files["flat"] = flat(files, version, crl)
    assert judge(files, "flat").returncode == 0
    told = json.loads(coffer("inspect", "--json", tmp_path / "flat").stdout)
    assert told["kind"] == "collateral"
    assert told["tcb_info"]["tcb_info"]["id"] == "TDX"
    assert len(told["pck_crl_issuer_chain"]["certificates"]) == 2
    (tmp_path / "flat").write_bytes(files["flat"][:-1])
    assert judge({}, "flat").returncode == 2


def test_one_json_file_as_an_editor_leaves_it(judge):
    files = World(4, "TD10").files()
    one = {"tcb_info": files["tcbinfo.json"].decode() + "\0",
           "qe_identity": files["qeid.json"].decode(),
           "pck_crl": base64.b64encode(files["pckcrl.der"]).decode(),
           "root_ca_crl": files["rootcrl.der"].hex(),
           "tcb_info_issuer_chain": quoted(files["tcbchain.pem"]).decode(),
           "qe_identity_issuer_chain": files["qeidchain.pem"].decode(),
           "pck_crl_issuer_chain": files["pckcrlchain.pem"].decode()}
    files["one.json"] = b"\xef\xbb\xbf" + json.dumps(one).encode() + b"\r\n\0"
    run = judge(files, "one.json")
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_signatures_cover_is_not_repaired(judge):
    """a blank inside the signed object still breaks the signature"""
    files = World(4, "TD10").files()
    files["tcbinfo.json"] = files["tcbinfo.json"].replace(b'{"tcbInfo":{', b'{"tcbInfo":{ ')
    run = judge(files)
    assert run.returncode == 1 and "tcb_info.signature" in run.stdout


def test_more_than_padding_after_a_crl_is_refused(judge):
    files = World(4, "TD10").files()
    files["pckcrl.der"] += b"x"
    assert judge(files).returncode == 1


def test_inspect_reads_a_saved_response(coffer, tmp_path):
    files = World(4, "TD10").files()
    (tmp_path / "saved").write_bytes(headers("tcbchain.pem", files["tcbchain.pem"])
                                     + files["tcbinfo.json"])
    told = json.loads(coffer("inspect", "--json", tmp_path / "saved").stdout)
    assert told["kind"] == "tcb_info"


class Qve(ctypes.Structure):
    """sgx_ql_qve_collateral_t, by its names in Intel's header"""
    _fields_ = [("major", ctypes.c_uint16), ("minor", ctypes.c_uint16),
                ("tee", ctypes.c_uint32)] + [
        field for name in ("pck_crl_issuer_chain", "root_ca_crl", "pck_crl",
                           "tcb_info_issuer_chain", "tcb_info", "qe_identity_issuer_chain",
                           "qe_identity")
        for field in ((name, ctypes.c_char_p), (name + "_size", ctypes.c_uint32))]


@pytest.mark.parametrize("version,crl", [((3, 0), lambda der: der.hex().encode()),
                                         ((3, 1), lambda der: der)])
def test_intels_structure_in_the_library(build, version, crl):
    library = load(build)
    if not library:
        pytest.skip("a sanitized library cannot be loaded into Python")
    files = World(4, "TD10").files()
    qve = Qve(*version, 0x81)
    for name, file in (("pck_crl_issuer_chain", "pckcrlchain.pem"), ("tcb_info", "tcbinfo.json"),
                       ("tcb_info_issuer_chain", "tcbchain.pem"), ("qe_identity", "qeid.json"),
                       ("qe_identity_issuer_chain", "qeidchain.pem"),
                       ("root_ca_crl", "rootcrl.der"), ("pck_crl", "pckcrl.der")):
        content = crl(files[file]) if file.endswith(".der") else files[file]
        setattr(qve, name, content)
        setattr(qve, name + "_size", len(content) + 1)  # Intel's libraries count the NUL
    judge, made, error = Judge(library, files["root.pem"]), ctypes.c_void_p(), Error()
    assert library.coffer_collateral_from_qve(judge.verifier, ctypes.byref(qve),
                                              ctypes.byref(made), ctypes.byref(error)) == 0
    assert judge.accepts(made, files["quote"])
    library.coffer_collateral_free(made)
    qve.major = 9
    assert library.coffer_collateral_from_qve(judge.verifier, ctypes.byref(qve),
                                              ctypes.byref(made), ctypes.byref(error)) < 0
    assert b"version 9" in error.text
    assert library.coffer_collateral_from_qve(judge.verifier, None, ctypes.byref(made), None) < 0
    judge.close()
