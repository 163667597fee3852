# SPDX-License-Identifier: Apache-2.0
"""TCB info, enclave identities and evaluation numbers: the signed JSON of the PCS, minified."""
import dataclasses
import hashlib
import json

from .keys import key

ISSUED, NEXT = "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"
FMSPC, PCEID = "C0FFEE000001", "0000"
COMPONENTS = [12, 12, 3, 3, 255, 255, 1] + [0] * 9
TDX_COMPONENTS = [5, 0, 6] + [0] * 13
QE_SIGNER = hashlib.sha256(b"coffer test quoting enclave signer").hexdigest().upper()
ZERO_SIGNER = "00" * 48


def level(status, components=COMPONENTS, pcesvn=13, date="2026-03-11", advisories=(), tdx=None,
          version=3):
    if version == 2:
        tcb = {f"sgxtcbcomp{i + 1:02}svn": svn for i, svn in enumerate(components)}
    else:
        tcb = {"sgxtcbcomponents": [{"svn": svn} for svn in components]}
    tcb["pcesvn"] = pcesvn
    if tdx is not None:
        tcb["tdxtcbcomponents"] = [{"svn": svn} for svn in tdx]
    return _dated({"tcb": tcb}, status, date, advisories)


def isv_level(svn, status, date="2026-03-11", advisories=()):
    return _dated({"tcb": {"isvsvn": svn}}, status, date, advisories)


def _dated(item, status, date, advisories):
    item |= {"tcbDate": f"{date}T00:00:00Z", "tcbStatus": status}
    return item | ({"advisoryIDs": list(advisories)} if advisories else {})


def minify(value):
    return json.dumps(value, separators=(",", ":"))


@dataclasses.dataclass
class Signed:
    """{"KIND":{...},"signature":"..."} with every stage open to a test"""
    kind: str
    body: dict
    signer: object = dataclasses.field(default_factory=lambda: key("tcb signing"))
    edit_text: object = None  # str -> str, before signing
    tamper: object = None  # bytes -> bytes, after signing

    def render(self):
        text = minify(self.body)
        if self.edit_text:
            text = self.edit_text(text)
        signature = self.signer.sign_raw(text.encode()).hex()
        whole = f'{{"{self.kind}":{text},"signature":"{signature}"}}'.encode()
        return self.tamper(whole) if self.tamper else whole


def module(number, levels, signer=ZERO_SIGNER):
    return {"id": f"TDX_{number:02}", "mrsigner": signer, "attributes": "00" * 8,
            "attributesMask": "FF" * 8, "tcbLevels": levels}


def tcb_info(tee="SGX", version=3, levels=None, modules=None):
    body = {"id": tee, "version": version} if version == 3 else {"version": version}
    body |= {"issueDate": ISSUED, "nextUpdate": NEXT, "fmspc": FMSPC, "pceId": PCEID,
             "tcbType": 0, "tcbEvaluationDataNumber": 20}
    tdx = TDX_COMPONENTS if tee == "TDX" else None
    if tee == "TDX":
        body["tdxModule"] = {"mrsigner": ZERO_SIGNER, "attributes": "00" * 8,
                             "attributesMask": "FF" * 8}
        if modules is not None:
            body["tdxModuleIdentities"] = modules
    body["tcbLevels"] = levels or [level("UpToDate", tdx=tdx, version=version)]
    return Signed("tcbInfo", body)


def identity(kind="QE", levels=None):
    product = {"QE": 1, "TD_QE": 2, "QVE": 2, "QAE": 3}[kind]
    return Signed("enclaveIdentity", {
        "id": kind, "version": 2, "issueDate": ISSUED, "nextUpdate": NEXT,
        "tcbEvaluationDataNumber": 20, "miscselect": "00000000", "miscselectMask": "FFFFFFFF",
        "attributes": "11" + "00" * 15, "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner": QE_SIGNER, "isvprodid": product,
        "tcbLevels": levels or [isv_level(8, "UpToDate")]})


def evaluation_numbers(tee="SGX"):
    return Signed("tcbEvaluationDataNumbers", {
        "id": tee, "version": 1, "issueDate": ISSUED, "nextUpdate": NEXT,
        "tcbEvalNumbers": [
            {"tcbEvaluationDataNumber": 20, "tcbRecoveryEventDate": "2026-05-12T00:00:00Z",
             "tcbDate": "2026-05-13T00:00:00Z"},
            {"tcbEvaluationDataNumber": 19, "tcbRecoveryEventDate": "2025-08-12T00:00:00Z",
             "tcbDate": "2025-08-13T00:00:00Z"}]})
