# SPDX-License-Identifier: Apache-2.0
"""Every status and every failure that a verdict can have, one case each.

A case is a function that changes a World; the decorator says what a verifier must answer. The
expectations come from Intel's verification algorithm (the numbers are QVL's statuses) and from
this project's own stricter rules, never from what our verifier printed.
"""
import dataclasses
import datetime

from . import certificates, collateral, quotes
from .collateral import isv_level, level, module
from .keys import key
from .world import World

CASES = {}
TDX = collateral.TDX_COMPONENTS


@dataclasses.dataclass
class Case:
    name: str
    make: object
    status: str = "UpToDate"
    launch: str = None  # the same as status
    current: str = None
    fails: tuple = ()  # checks that must not pass
    only: bool = True  # and no other check fails
    advisories: tuple = ()
    current_advisories: tuple = None  # the same as advisories
    options: tuple = ()  # of the command
    tcb_date: str = None
    evaluation: int = None
    short: tuple = ()  # (component, have, need)
    qvl: str = ""  # the QVL status that this is, for the table in docs/verification-tests.md
    state: dict = dataclasses.field(default_factory=dict)  # collateral piece -> state
    readable: bool = True  # False: the command cannot evaluate it at all (exit status 2)

    @property
    def accepted(self):
        return not self.fails

    def world(self):
        made = self.make()
        assert isinstance(made, World)
        return made

    def expectation(self):
        return {"accepted": self.accepted, "tcb_status": self.status,
                "launch_tcb_status": self.launch or self.status,
                "current_tcb_status": self.current or self.status,
                "advisory_ids": sorted(set(self.advisories)), "tcb_date": self.tcb_date,
                "tcb_evaluation_data_number": self.evaluation, "fails": sorted(self.fails),
                "only": self.only, "short_svns": [list(s) for s in self.short],
                "states": self.state, "readable": self.readable, "qvl": self.qvl} | self._extras()

    def _extras(self):
        """members that few cases have"""
        extras = {}
        if self.options:
            extras["options"] = list(self.options)
        if self.current_advisories is not None:
            extras["current_advisory_ids"] = sorted(set(self.current_advisories))
        return extras


def case(name, **expected):
    def register(make):
        assert name not in CASES, name
        CASES[name] = Case(name, make, **expected)
        return make
    return register


# Formats: each version and body, accepted

for _version, _body in ((3, "SGX"), (4, "SGX"), (4, "TD10"), (5, "SGX"), (5, "TD10"), (5, "TD15"),
                        (5, "TD15EX")):
    case(f"good-v{_version}-{_body.lower()}", tcb_date="2026-03-11T00:00:00Z", evaluation=20,
         qvl="0 OK")(lambda v=_version, b=_body: World(v, b))


@case("good-platform-ca")
def _():
    return World(ca="Platform")


@case("good-tcb-info-v2")
def _():
    w = World()
    w.tcb_info = collateral.tcb_info(version=2, levels=[level("UpToDate", version=2)])
    return w


@case("good-trailing-padding")
def _():
    w = World()
    w.quote.trailing = bytes(307)
    return w


@case("good-open-enclave-report")
def _():
    w = World()
    w.wrap = quotes.open_enclave_report
    return w


@case("good-open-enclave-evidence")
def _():
    w = World()
    w.wrap = quotes.open_enclave_evidence
    return w


@case("good-reissued-root")
def _():
    """the chain's root is another certificate of the trusted key: Intel has two of those"""
    w = World()
    w.trusted = certificates.root()
    w.trusted.not_after = certificates.at("2033-05-21")
    return w


@case("good-chain-order")
def _():
    w = World()
    w.chain = [w.root, w.pck, w.intermediate]
    return w


# Certification data

for _kind in (1, 2, 3):
    def _made(kind=_kind):
        w = World()
        w.quote.certification_type = kind
        w.quote.certification = quotes.platform_data(kind)
        return w
    case(f"cert-data-type-{_kind}", status=None, fails=("quote.cert_data",), only=False,
         qvl="51 UNSUPPORTED_QE_CERTIFICATION")(_made)


@case("cert-data-type-4")
def _():
    """the leaf alone: the CRL's issuer chain completes it"""
    w = World()
    w.quote.certification_type = quotes.PCK_LEAF
    return w


@case("cert-data-type-3-resolved")
def _():
    """a collateral service has given the certificate of the encrypted PPID"""
    w = World(4, "TD10")
    w.quote.certification_type = quotes.PPID_RSA3072
    w.quote.certification = quotes.platform_data(quotes.PPID_RSA3072)
    w.overrides["pckchain.pem"] = certificates.chain(w.pck, w.intermediate, w.root)
    return w


@case("cert-data-type-1-of-another-platform", fails=("pck.match",), qvl="54 PCK_CERT_MISMATCH")
def _():
    w = World()
    w.quote.certification_type = quotes.PPID_CLEAR
    w.quote.certification = quotes.platform_data(quotes.PPID_CLEAR, ppid=bytes(16))
    w.overrides["pckchain.pem"] = certificates.chain(w.pck, w.intermediate, w.root)
    return w


@case("cert-data-type-2-short", fails=("pck.match",), only=False,
      qvl="52 INVALID_QE_CERTIFICATION_DATA_SIZE")
def _():
    w = World()
    w.quote.certification_type = quotes.PPID_RSA2048
    w.quote.certification = quotes.platform_data(quotes.PPID_RSA2048)[:-1]
    w.overrides["pckchain.pem"] = certificates.chain(w.pck, w.intermediate, w.root)
    return w


@case("cert-data-type-7", status=None, fails=("quote.cert_data",), only=False,
      qvl="53 UNSUPPORTED_QE_CERTIFICATION_DATA_TYPE")
def _():
    w = World()
    w.quote.certification_type = quotes.MANIFEST
    w.quote.certification = b"manifest"
    return w


# TCB levels: the platform's own status

for _status, _qvl in (("SWHardeningNeeded", "82"), ("ConfigurationNeeded", "47"),
                      ("ConfigurationAndSWHardeningNeeded", "83"), ("OutOfDate", "45"),
                      ("OutOfDateConfigurationNeeded", "48"), ("Revoked", "46")):
    def _made(status=_status):
        w = World()
        w.set_levels(level(status, advisories=("INTEL-SA-00002", "INTEL-SA-00001")))
        return w
    case(f"status-{_status.lower()}", status=_status,
         fails=() if _status == "SWHardeningNeeded" else ("tcb.status",),
         advisories=("INTEL-SA-00001", "INTEL-SA-00002"), qvl=_qvl)(_made)


@case("level-second", status="OutOfDate", fails=("tcb.status",), tcb_date="2024-01-01T00:00:00Z",
      short=(("sgxtcbcomp01", 12, 13),), qvl="45")
def _():
    w = World()
    w.set_levels(level("UpToDate", [13] + collateral.COMPONENTS[1:]),
                 level("OutOfDate", date="2024-01-01"))
    return w


for _index in range(16):
    def _made(index=_index):
        w = World()
        better = list(collateral.COMPONENTS)
        w.pck.sgx.components = [min(svn, 254) for svn in better]
        better = list(w.pck.sgx.components)
        better[index] += 1
        w.set_levels(level("UpToDate", better), level("OutOfDate", w.pck.sgx.components))
        return w
    _have = min(collateral.COMPONENTS[_index], 254)
    case(f"short-component-{_index + 1:02}", status="OutOfDate", fails=("tcb.status",),
         short=((f"sgxtcbcomp{_index + 1:02}", _have, _have + 1),))(_made)


@case("short-pcesvn", status="OutOfDate", fails=("tcb.status",), short=(("pcesvn", 13, 14),))
def _():
    w = World()
    w.set_levels(level("UpToDate", pcesvn=14), level("OutOfDate"))
    return w


@case("level-none", status="TCB_NOT_SUPPORTED", fails=("tcb.level", "tcb.status"),
      short=(("pcesvn", 13, 14),), qvl="49")
def _():
    w = World()
    w.set_levels(level("UpToDate", pcesvn=14))
    return w


@case("level-unknown-status", status=None, fails=("tcb.level",), only=False, qvl="50")
def _():
    w = World()
    w.set_levels(level("Wonderful"))
    return w


@case("level-twice", status=None, fails=("tcb_info.format",), only=False, qvl="20 TCB_INFO_INVALID")
def _():
    w = World()
    w.set_levels(level("UpToDate"), level("OutOfDate"))
    return w


@case("levels-unsorted", status="UpToDate")
def _():
    """the verifier sorts them itself"""
    w = World()
    w.set_levels(level("Revoked", [1] * 16, 1), level("OutOfDate", pcesvn=12), level("UpToDate"))
    return w


@case("evaluation-number-is-the-smaller", evaluation=19)
def _():
    w = World()
    w.identity.body["tcbEvaluationDataNumber"] = 19
    return w


# Convergence with the quoting enclave's level

STRICT = {"UpToDate": "OutOfDate", "SWHardeningNeeded": "OutOfDate",
          "ConfigurationNeeded": "OutOfDateConfigurationNeeded",
          "ConfigurationAndSWHardeningNeeded": "OutOfDateConfigurationNeeded",
          "OutOfDate": "OutOfDate", "OutOfDateConfigurationNeeded": "OutOfDateConfigurationNeeded",
          "Revoked": "Revoked"}
QE_FINDING = {"OutOfDate": "71 ENCLAVE_REPORT_ISVSVN_OUT_OF_DATE",
              "Revoked": "84 ENCLAVE_REPORT_ISVSVN_REVOKED"}
for _platform in STRICT:
    for _qe in ("OutOfDate", "Revoked", "ConfigurationNeeded", "OutOfDateConfigurationNeeded"):
        def _made(platform=_platform, qe=_qe):
            w = World()
            w.set_levels(level(platform, advisories=("INTEL-SA-00010",)))
            w.set_qe_levels(isv_level(9, "UpToDate"),
                            isv_level(8, qe, "2023-02-02", ("INTEL-SA-00020",)))
            return w
        _result = {"OutOfDate": STRICT[_platform], "Revoked": "Revoked"}.get(_qe, _platform)
        case(f"converge-{_platform.lower()}-qe-{_qe.lower()}", status=_result,
             fails=() if _result in ("UpToDate", "SWHardeningNeeded") else ("tcb.status",),
             tcb_date="2023-02-02T00:00:00Z", advisories=("INTEL-SA-00010", "INTEL-SA-00020"),
             short=(("qe_isvsvn", 8, 9),), qvl=QE_FINDING.get(_qe, ""))(_made)


@case("qe-level-none", status="TCB_NOT_SUPPORTED", fails=("tcb.level", "tcb.status"),
      short=(("qe_isvsvn", 8, 9),), qvl="86, 49")
def _():
    w = World()
    w.set_qe_levels(isv_level(9, "UpToDate"))
    return w


# TDX: module identities

@case("tdx-module", status="UpToDate")
def _():
    w = World(4, "TD10")
    w.set_modules(module(1, [isv_level(5, "UpToDate")]))
    return w


@case("tdx-module-id-case")
def _():
    w = World(4, "TD10")
    w.set_modules(module(1, [isv_level(5, "UpToDate")]) | {"id": "tdx_01"})
    return w


for _status in ("OutOfDate", "Revoked"):
    def _made(status=_status):
        w = World(4, "TD10")
        w.set_modules(module(1, [isv_level(6, "UpToDate"),
                                 isv_level(5, status, "2022-02-02", ("INTEL-SA-00030",))]))
        return w
    case(f"tdx-module-{_status.lower()}", status=_status, fails=("tcb.status",),
         tcb_date="2022-02-02T00:00:00Z", advisories=("INTEL-SA-00030",),
         short=(("tdx_module_isvsvn", 5, 6),))(_made)


@case("tdx-module-no-level", status="TCB_NOT_SUPPORTED", fails=("tcb.level", "tcb.status"),
      short=(("tdx_module_isvsvn", 5, 6),), qvl="49")
def _():
    w = World(4, "TD10")
    w.set_modules(module(1, [isv_level(6, "UpToDate")]))
    return w


@case("tdx-module-no-entry", fails=("tdx_module.identity",), only=False, status="TCB_NOT_SUPPORTED",
      qvl="85 TDX_MODULE_MISMATCH")
def _():
    w = World(4, "TD10")
    w.set_modules(module(3, [isv_level(5, "UpToDate")]))
    return w


@case("tdx-module-no-list", fails=("tdx_module.identity",), only=False, status="TCB_NOT_SUPPORTED",
      qvl="44 TCB_INFO_MISMATCH")
def _():
    w = World(4, "TD10")
    w.quote.body["tee_tcb_svn"] = bytes([5, 1, 6])
    return w


@case("tdx-module-signer", fails=("tdx_module.identity",), qvl="85")
def _():
    w = World(4, "TD10")
    w.quote.body["mrsignerseam"] = b"\x01"
    return w


@case("tdx-module-attributes", fails=("tdx_module.identity",), qvl="85")
def _():
    w = World(4, "TD10")
    w.quote.body["seamattributes"] = b"\x01"
    return w


@case("tdx-components-0-1-are-the-modules", status="UpToDate")
def _():
    """with a module version, level components 0 and 1 do not count"""
    w = World(4, "TD10")
    w.set_levels(level("UpToDate", tdx=[99, 99] + TDX[2:]))
    w.set_modules(module(1, [isv_level(5, "UpToDate")]))
    return w


@case("tdx-short-component", status="OutOfDate", fails=("tcb.status",),
      short=(("tdxtcbcomp03", 6, 7),))
def _():
    w = World(4, "TD10")
    w.set_levels(level("UpToDate", tdx=[5, 0, 7] + TDX[3:]), level("OutOfDate", tdx=TDX))
    return w


# TD 1.5: launch and current

def td15(launch, current, qe="UpToDate"):
    """the TD was launched at component 3 = 6 and runs at 7; each has its level"""
    w = World(5, "TD15")
    w.quote.body["tee_tcb_svn2"] = bytes([5, 0, 7])
    w.set_levels(level(current, tdx=[5, 0, 7] + TDX[3:]), level(launch, tdx=TDX))
    w.set_qe_levels(isv_level(8, qe))
    return w


GOOD = {"UpToDate", "SWHardeningNeeded"}
RELAUNCH = {"OutOfDate": "", "OutOfDateConfigurationNeeded": "ConfigurationNeeded"}
for _launch in ("UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "OutOfDate",
                "OutOfDateConfigurationNeeded", "Revoked"):
    for _current in ("UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
                     "ConfigurationAndSWHardeningNeeded", "OutOfDate", "Revoked"):
        if _launch in RELAUNCH and _current not in ("OutOfDate", "Revoked"):
            _result = "TDRelaunchAdvised"
            if "Configuration" in _launch or "Configuration" in _current:
                _result += "ConfigurationNeeded"
        else:
            _result = _launch
        case(f"td15-{_launch.lower()}-now-{_current.lower()}", status=_result, launch=_launch,
             current=_current,
             fails=() if {_result, _current} <= GOOD else ("tcb.status",),
             short=(("tdxtcbcomp03", 6, 7),),
             qvl={"TDRelaunchAdvised": "87", "TDRelaunchAdvisedConfigurationNeeded": "88"}.get(
                 _result, ""))(lambda a=_launch, b=_current: td15(a, b))


@case("td15-module-outofdate-now-uptodate", status="TDRelaunchAdvised", launch="OutOfDate",
      current="UpToDate", fails=("tcb.status",), short=(("tdx_module_isvsvn", 5, 6),), qvl="87")
def _():
    """only the TDX module that the TD was launched under is out of date"""
    w = World(5, "TD15")
    w.set_modules(module(1, [isv_level(6, "UpToDate"), isv_level(5, "OutOfDate")]),
                  svn=(5, 1, 6), svn2=(6, 1, 6))
    return w


@case("td15ex-outofdate-now-uptodate", status="TDRelaunchAdvised", launch="OutOfDate",
      current="UpToDate", fails=("tcb.status",), short=(("tdxtcbcomp03", 6, 7),), qvl="87")
def _():
    w = td15("OutOfDate", "UpToDate")
    w.quote.body_kind = "TD15EX"
    return w


@case("td15-module-uptodate-now-revoked", launch="UpToDate", current="Revoked",
      fails=("tcb.status",), advisories=("LAUNCH",), current_advisories=("NOW",),
      short=(("tdx_module_isvsvn", 5, 6),))
def _():
    """the module that the TD runs on was revoked after the TD's launch"""
    w = World(5, "TD15")
    w.set_modules(module(1, [isv_level(6, "Revoked", advisories=["NOW"]),
                             isv_level(5, "UpToDate", advisories=["LAUNCH"])]),
                  svn=(5, 1, 6), svn2=(6, 1, 6))
    return w


@case("td15-current-not-supported", status="TCB_NOT_SUPPORTED", launch="UpToDate",
      current="TCB_NOT_SUPPORTED", fails=("tcb.level", "tcb.status"), only=False, qvl="49")
def _():
    w = World(5, "TD15")
    w.quote.body["tee_tcb_svn2"] = bytes([5, 0, 5])
    w.set_levels(level("UpToDate", tdx=TDX))
    return w


# Signatures and bindings

@case("quote-signature", fails=("quote.signature",), qvl="57 INVALID_QUOTE_SIGNATURE")
def _():
    w = World()
    w.quote.quote_signer = key("somebody else")
    return w


@case("qe-report-signature", fails=("qe_report.signature",), qvl="55 INVALID_QE_REPORT_SIGNATURE")
def _():
    w = World()
    w.quote.pck_key = key("somebody else")
    return w


@case("qe-report-data", fails=("qe_report.report_data",), qvl="56 INVALID_QE_REPORT_DATA")
def _():
    w = World()
    w.quote.binding = bytes(32)
    return w


@case("qe-auth-data-empty")
def _():
    w = World()
    w.quote.qe_auth = b""
    return w


@case("tcb-info-signature", fails=("tcb_info.signature",), only=False,
      qvl="21 TCB_INFO_INVALID_SIGNATURE")
def _():
    w = World()
    w.tcb_info.signer = key("somebody else")
    return w


@case("identity-signature", fails=("qe_identity.signature",), only=False,
      qvl="76 ENCLAVE_IDENTITY_INVALID_SIGNATURE")
def _():
    w = World()
    w.identity.signer = key("somebody else")
    return w


@case("tcb-info-reformatted", fails=("tcb_info.signature",), only=False)
def _():
    """the same JSON with a blank more is not what was signed"""
    w = World()
    w.tcb_info.tamper = lambda whole: whole.replace(b'"version":3', b'"version": 3')
    return w


# The quoting enclave's identity

for _field, _check, _qvl in (("miscselect", "qe_report.miscselect", "66"),
                             ("attributes", "qe_report.attributes", "67"),
                             ("mrsigner", "qe_report.mrsigner", "69"),
                             ("isvprodid", "qe_report.isvprodid", "70")):
    def _made(field=_field):
        w = World()
        w.quote.qe_report[field] = {"isvprodid": 99, "attributes": b"\x13"}.get(field, b"\x01")
        return w
    case(f"qe-{_field}", fails=(_check,), qvl=f"{_qvl}, 74 QE_IDENTITY_MISMATCH")(_made)


@case("qe-attributes-masked")
def _():
    """bits outside the identity's mask are free"""
    w = World()
    w.quote.qe_report["attributes"] = b"\x15".ljust(8, b"\0") + b"\xff"
    return w


@case("identity-of-another-kind", fails=("qe_identity.id",), only=False, qvl="74")
def _():
    w = World()
    w.identity = collateral.identity("QVE")
    return w


@case("identity-td-qe-for-sgx", fails=("qe_identity.id",), only=False, qvl="74")
def _():
    w = World()
    w.identity = collateral.identity("TD_QE")
    w.identity.body["isvprodid"] = 1
    return w


@case("identity-garbage", status=None, fails=("qe_identity.format",), only=False,
      qvl="62 ENCLAVE_IDENTITY_UNSUPPORTED_FORMAT, 72 UNSUPPORTED_QE_IDENTITY_FORMAT")
def _():
    w = World()
    w.overrides["qeid.json"] = b'{"enclaveIdentity":[]'
    return w


@case("identity-without-mrsigner", status=None, fails=("qe_identity.format",), only=False,
      qvl="63 ENCLAVE_IDENTITY_INVALID")
def _():
    w = World()
    del w.identity.body["mrsigner"]
    return w


@case("identity-version", status=None, fails=("qe_identity.format",), only=False,
      qvl="64 ENCLAVE_IDENTITY_UNSUPPORTED_VERSION")
def _():
    w = World()
    w.identity.body["version"] = 3
    return w


# TCB info that is not for this platform

@case("tcb-info-fmspc", status=None, fails=("tcb_info.fmspc",), only=False,
      qvl="44 TCB_INFO_MISMATCH")
def _():
    w = World()
    w.body["fmspc"] = "C0FFEE000002"
    return w


@case("tcb-info-fmspc-case")
def _():
    w = World()
    w.body["fmspc"] = collateral.FMSPC.lower()
    return w


@case("tcb-info-pceid", fails=("tcb_info.pceid",), only=False, qvl="44")
def _():
    w = World()
    w.body["pceId"] = "0001"
    return w


@case("tcb-info-tee", fails=("tcb_info.tee",), only=False, status=None, qvl="44")
def _():
    w = World(4, "TD10")
    w.tcb_info = collateral.tcb_info("SGX")
    return w


@case("tcb-info-version", status=None, fails=("tcb_info.format",), only=False,
      qvl="42 UNSUPPORTED_TCB_INFO_FORMAT")
def _():
    w = World()
    w.body["version"] = 4
    return w


@case("tcb-info-garbage", status=None, fails=("tcb_info.format",), only=False,
      qvl="19 TCB_INFO_UNSUPPORTED_FORMAT")
def _():
    w = World()
    w.overrides["tcbinfo.json"] = b'{"tcbInfo":[]'
    return w


@case("tcb-info-type", status=None, fails=("tcb_info.format",), only=False, qvl="20")
def _():
    w = World()
    w.body["tcbType"] = 1
    return w


@case("tcb-info-no-levels", status=None, fails=("tcb_info.format",), only=False, qvl="20")
def _():
    w = World()
    w.set_levels()
    return w


# Certificates

@case("root-untrusted", fails=("root.key",), only=False, qvl="6, 18 PCK_CERT_CHAIN_UNTRUSTED")
def _():
    w = World()
    w.trusted = certificates.root("another root")
    return w


@case("root-name", status=None, fails=("pck_chain.present",), only=False, qvl="2 ROOT_CA_MISSING")
def _():
    w = World()
    w.root.common_name = w.root.issuer_name = "Something Else"
    return w


@case("root-not-self-signed", fails=("root.certificate",), only=False,
      qvl="5 ROOT_CA_INVALID_ISSUER")
def _():
    w = World()
    w.root.signer = key("somebody else")
    return w


@case("root-no-extensions", fails=("root.certificate",), only=False,
      qvl="4 ROOT_CA_INVALID_EXTENSIONS")
def _():
    w = World()
    w.root.drop = frozenset({"basic_constraints"})
    return w


@case("intermediate-signature", fails=("pck_ca.certificate",), only=False,
      qvl="10 INTERMEDIATE_CA_INVALID_ISSUER")
def _():
    w = World()
    w.intermediate.signer = key("somebody else")
    return w


@case("intermediate-not-a-ca", fails=("pck_ca.certificate",), only=False,
      qvl="9 INTERMEDIATE_CA_INVALID_EXTENSIONS")
def _():
    w = World()
    w.intermediate.ca = False
    w.intermediate.path_length = None
    return w


@case("pck-signature", fails=("pck.certificate",), only=False, qvl="15 PCK_INVALID_ISSUER")
def _():
    w = World()
    w.pck.signer = key("somebody else")
    return w


@case("pck-issuer-name", fails=("pck.certificate",), only=False, qvl="15")
def _():
    w = World()
    w.pck.issuer_name = "Coffer Test SGX PCK Other CA"
    return w


for _gone in ("authority_key_id", "key_usage", "subject_key_id", "crl_point", "basic_constraints"):
    def _made(gone=_gone):
        w = World()
        w.pck.drop = frozenset({gone})
        return w
    case(f"pck-without-{_gone.replace('_', '-')}", fails=("pck.certificate",), only=False,
         qvl="14 PCK_INVALID_EXTENSIONS")(_made)

for _gone in ("1", "2", "3", "4", "5", "2.1", "2.16", "2.17", "2.18"):
    def _made(gone=_gone):
        w = World()
        w.pck.sgx.drop = frozenset({gone})
        return w
    case(f"pck-extension-without-{_gone.replace('.', '-')}", status=None, fails=("pck.extension",),
         only=False, qvl="39 INVALID_PCK_CERT")(_made)


@case("pck-no-extension", status=None, fails=("pck.extension",), only=False, qvl="14, 39")
def _():
    w = World()
    w.pck.sgx = None
    return w


@case("pck-chain-empty", status=None, fails=("pck_chain.present",), only=False,
      qvl="12 PCK_MISSING")
def _():
    w = World()
    w.quote.certification = b"no certificate here\n"
    return w


@case("pck-chain-without-intermediate", fails=("pck_chain.present",), only=False, status=None,
      qvl="7 INTERMEDIATE_CA_MISSING")
def _():
    w = World()
    w.chain = [w.pck, w.root]
    return w


@case("pck-chain-garbage", status=None, fails=("pck_chain.present",), only=False,
      qvl="1 UNSUPPORTED_CERT_FORMAT, 38 UNSUPPORTED_PCK_CERT_FORMAT")
def _():
    w = World()
    w.quote.certification = certificates.pem(b"garbage").encode() * 3
    return w


@case("root-wrong-curve", status=None, fails=("root.certificate",), only=False,
      qvl="3 ROOT_CA_INVALID")
def _():
    w = World()
    w.chain = [w.pck, w.intermediate, certificates.root()]
    w.chain[2].spki = key("wrong", "P-384").spki()
    return w


@case("intermediate-wrong-curve", status=None, fails=("pck_ca.certificate",), only=False,
      qvl="8 INTERMEDIATE_CA_INVALID")
def _():
    w = World()
    w.intermediate.spki = key("wrong", "P-384").spki()
    return w


@case("pck-wrong-curve", status=None, fails=("pck.certificate",), only=False, qvl="13 PCK_INVALID")
def _():
    w = World()
    w.pck.spki = key("wrong", "P-384").spki()
    return w


# Revocation

@case("pck-revoked", fails=("pck.not_revoked",), qvl="16, 43 PCK_REVOKED")
def _():
    w = World()
    w.pck_crl.revoked = (1, w.pck.serial, 2)
    return w


@case("intermediate-revoked", fails=("pck_ca.not_revoked",), only=False,
      qvl="11 INTERMEDIATE_CA_REVOKED")
def _():
    w = World()
    w.root_crl.revoked = (w.intermediate.serial,)
    return w


@case("tcb-signer-revoked",
      fails=("tcb_info.signer_not_revoked", "qe_identity.signer_not_revoked"), only=False,
      qvl="27 TCB_SIGNING_CERT_REVOKED")
def _():
    w = World()
    w.root_crl.revoked = (w.tcb_signer.serial,)
    return w


@case("another-revoked")
def _():
    w = World()
    w.pck_crl.revoked = tuple(range(1, 60))
    return w


@case("pck-crl-signature", fails=("pck_crl.valid",), only=False, qvl="32 CRL_INVALID_SIGNATURE")
def _():
    w = World()
    w.pck_crl.signer = key("somebody else")
    return w


@case("root-crl-signature", fails=("root_crl.valid",), only=False, qvl="32")
def _():
    w = World()
    w.root_crl.signer = key("somebody else")
    return w


@case("pck-crl-of-another-ca", fails=("pck_crl.issuer",), only=False, qvl="41 INVALID_PCK_CRL")
def _():
    w = World()
    other = certificates.intermediate("Platform", key("root"))
    w.pck_crl = certificates.Crl(other.common_name, other.key)
    w.pck_crl_chain = [other, w.root]
    return w


@case("crl-without-number", fails=("pck_crl.valid",), only=False, qvl="31 CRL_INVALID_EXTENSIONS")
def _():
    w = World()
    w.pck_crl.drop = frozenset({"number"})
    return w


@case("root-crl-of-another-issuer", fails=("root_crl.valid",), only=False,
      qvl="29 CRL_UNKNOWN_ISSUER")
def _():
    w = World()
    w.root_crl.issuer_name = "Coffer Test SGX Other Root CA"
    return w


@case("pck-crl-garbage", fails=("pck_crl.valid",), only=False, qvl="40 UNSUPPORTED_PCK_RL_FORMAT")
def _():
    w = World()
    w.overrides["pckcrl.der"] = b"garbage"
    return w


@case("crl-missing", fails=("pck_crl.valid",), only=False, qvl="36 MISSING_PARAMETERS")
def _():
    w = World()
    w.overrides["pckcrl.der"] = None
    return w


@case("crl-garbage", fails=("root_crl.valid",), only=False, qvl="28 CRL_UNSUPPORTED_FORMAT")
def _():
    w = World()
    w.overrides["rootcrl.der"] = b"\x30\x03\x02\x01\x01"
    return w


# Signing chain of the collateral

@case("tcb-signer-untrusted", fails=("tcb_info.chain", "qe_identity.chain"), only=False,
      qvl="26 TCB_SIGNING_CERT_CHAIN_UNTRUSTED")
def _():
    w = World()
    other = certificates.root("another root")
    signer = certificates.tcb_signer(key("another root"))
    w.tcb_chain = [signer, other]
    return w


@case("tcb-signer-wrong-curve", fails=("tcb_info.chain",), only=False,
      qvl="23 TCB_SIGNING_CERT_INVALID")
def _():
    w = World()
    w.tcb_signer.spki = key("wrong", "P-384").spki()
    return w


@case("tcb-signer-missing", fails=("tcb_info.chain",), only=False,
      qvl="22 TCB_SIGNING_CERT_MISSING")
def _():
    w = World()
    w.tcb_chain = [w.root]
    return w


@case("tcb-signer-name", fails=("tcb_info.chain",), only=False, qvl="22")
def _():
    w = World()
    w.tcb_signer.common_name = "Coffer Test SGX Something"
    return w


@case("tcb-signer-issuer", fails=("tcb_info.chain",), only=False,
      qvl="25 TCB_SIGNING_CERT_INVALID_ISSUER")
def _():
    w = World()
    w.tcb_signer.signer = key("somebody else")
    return w


@case("tcb-signer-extensions", fails=("tcb_info.chain",), only=False,
      qvl="24 TCB_SIGNING_CERT_INVALID_EXTENSIONS")
def _():
    w = World()
    w.tcb_signer.drop = frozenset({"key_usage"})
    return w


# Dates

@case("pck-not-yet-valid", fails=("pck_chain.not_before",))
def _():
    w = World()
    w.pck.not_before = certificates.at("2026-06-15T12:10:00")
    return w


@case("pck-not-yet-valid-within-skew")
def _():
    w = World()
    w.pck.not_before = certificates.at("2026-06-15T12:04:00")
    return w


@case("pck-expired", fails=("pck_chain.not_after",), qvl="78 PCK_CERT_CHAIN_EXPIRED",
      state={"pck_chain": "expired"})
def _():
    w = World()
    w.pck.not_after = certificates.at("2026-06-15T11:59:00")
    return w


@case("crl-expired", fails=("crl.next_update",), qvl="79 CRL_EXPIRED", state={"pck_crl": "expired"})
def _():
    w = World()
    w.pck_crl.next_update = certificates.at("2026-06-15T11:59:00")
    return w


@case("crl-from-the-future", fails=("crl.this_update",), state={"pck_crl": "future"})
def _():
    w = World()
    w.pck_crl.this_update = certificates.at("2026-06-16")
    return w


@case("tcb-info-expired", fails=("tcb_info.next_update",), qvl="75 TCB_INFO_EXPIRED",
      state={"tcb_info": "expired"})
def _():
    w = World()
    w.body["nextUpdate"] = "2026-06-15T11:59:00Z"
    return w


@case("tcb-info-from-the-future", fails=("tcb_info.issue_date",), state={"tcb_info": "future"})
def _():
    w = World()
    w.body["issueDate"] = "2026-06-16T00:00:00Z"
    return w


@case("identity-expired", fails=("qe_identity.next_update",), qvl="81 ENCLAVE_IDENTITY_EXPIRED",
      state={"qe_identity": "expired"})
def _():
    w = World()
    w.identity.body["nextUpdate"] = "2026-06-15T11:59:00Z"
    return w


@case("signer-expired", fails=("tcb_info.chain_dates", "qe_identity.chain_dates"),
      qvl="80 SIGNING_CERT_CHAIN_EXPIRED",
      state={"tcb_info_issuer_chain": "expired", "qe_identity_issuer_chain": "expired"})
def _():
    w = World()
    w.tcb_signer.not_after = certificates.at("2026-06-15T11:59:00")
    return w


# Grace is for documents and CRLs, never for a certificate

GRACE = ("--grace=7d",)
YESTERDAY = "2026-06-14"
for _piece, _name in (("tcb_info", "tcb-info"), ("identity", "identity")):
    def _made(piece=_piece):
        w = World()
        getattr(w, piece).body["nextUpdate"] = f"{YESTERDAY}T00:00:00Z"
        return w
    case(f"grace-{_name}", options=GRACE,
         state={"qe_identity" if _piece == "identity" else _piece: "grace"})(_made)
for _piece in ("pck_crl", "root_crl"):
    def _made(piece=_piece):
        w = World()
        getattr(w, piece).next_update = certificates.at(YESTERDAY)
        return w
    case(f"grace-{_piece.replace('_', '-')}", options=GRACE,
         state={"root_ca_crl" if _piece == "root_crl" else _piece: "grace"})(_made)
SIGNER_DATES = ("tcb_info.chain_dates", "qe_identity.chain_dates")
for _piece, _fails in (("pck", ("pck_chain.not_after",)), ("tcb_signer", SIGNER_DATES),
                       ("intermediate", ("pck_chain.not_after",)),
                       ("root", ("pck_chain.not_after", *SIGNER_DATES))):
    def _made(piece=_piece):
        w = World()
        getattr(w, piece).not_after = certificates.at(YESTERDAY)
        return w
    case(f"grace-not-for-{_piece.replace('_', '-')}", options=GRACE, fails=_fails)(_made)


@case("everything-wrong-at-once",
      fails=("quote.signature", "pck.not_revoked", "tcb_info.next_update", "crl.next_update",
             "tcb.status", "quote.debug", "qe_report.isvprodid"), status="OutOfDate")
def _():
    """every failed check is reported, not only the first"""
    w = World()
    w.quote.quote_signer = key("somebody else")
    w.pck_crl.revoked = (w.pck.serial,)
    w.pck_crl.next_update = certificates.at("2026-06-15T11:59:00")
    w.body["nextUpdate"] = "2026-06-15T11:59:00Z"
    w.set_levels(level("OutOfDate"))
    w.quote.body["attributes"] = b"\x07".ljust(8, b"\0") + b"\x07"
    w.quote.qe_report["isvprodid"] = 99
    return w


# Debug

@case("debug-enclave", fails=("quote.debug",))
def _():
    w = World()
    w.quote.body["attributes"] = b"\x07".ljust(8, b"\0") + b"\x07"
    return w


for _version, _body in ((4, "TD10"), (5, "TD15")):
    def _made(version=_version, body=_body):
        w = World(version, body)
        w.quote.body["tdattributes"] = bytes([1, 0, 0, 0x10])
        return w
    case(f"debug-{_body.lower()}", fails=("quote.debug",))(_made)


# TD attributes and XFAM

SEPT_VE = 1 << 28
TD_BITS = {"hgs-plus-prof": 1 << 4, "perf-prof": 1 << 5, "pmt-prof": 1 << 6}
TD_BITS |= {f"reserved-{_bit}": 1 << _bit
            for _bit in (1, 2, 3, 7, 8, 15, 17, 26, 32, 61)}


def with_attributes(bits, version=4, body="TD10"):
    w = World(version, body)
    w.quote.body["tdattributes"] = bits.to_bytes(8, "little")
    return w


for _name, _bits in TD_BITS.items():
    case(f"td-attributes-{_name}", fails=("td.attributes",))(
        lambda b=_bits: with_attributes(SEPT_VE | b))
for _name, _bits, _allowed in (("perf-prof", 1 << 5, "PERF_PROF"),
                               ("reserved-17", 1 << 17, "bit17"),
                               ("two", 3 << 5, "PERF_PROF,PMT_PROF"),
                               ("migratable", 1 << 29, "MIGRATABLE")):
    case(f"td-attributes-{_name}-allowed", options=(f"--allow-td-attributes={_allowed}",))(
        lambda b=_bits: with_attributes(SEPT_VE | b))
case("td-attributes-one-of-two-allowed", options=("--allow-td-attributes=PERF_PROF",),
     fails=("td.attributes",))(lambda: with_attributes(SEPT_VE | 3 << 5))
case("td-attributes-harmless")(
    lambda: with_attributes(SEPT_VE | 1 << 16 | 1 << 27 | 3 << 30 | 3 << 62))
case("td-attributes-no-sept-ve-disable")(lambda: with_attributes(0))
case("td-attributes-sept-ve-disable-required", fails=("td.attributes",),
     options=("--require-td-attributes=SEPT_VE_DISABLE",))(lambda: with_attributes(0))
case("td-attributes-migratable", fails=("td.attributes",))(
    lambda: with_attributes(SEPT_VE | 1 << 29))
case("td-attributes-migratable-no-service-td", fails=("td.attributes",))(
    lambda: with_attributes(SEPT_VE | 1 << 29, 5, "TD15"))
case("td-attributes-debug-and-profiling", fails=("td.attributes",), options=("--allow-debug",))(
    lambda: with_attributes(SEPT_VE | 1 | 1 << 4))


@case("td-attributes-migratable-with-service-td")
def _():
    w = with_attributes(SEPT_VE | 1 << 29, 5, "TD15")
    w.quote.body["mrservicetd"] = bytes(range(48))
    return w


def with_xfam(bits):
    w = World(4, "TD10")
    w.quote.body["xfam"] = bits.to_bytes(8, "little")
    return w


for _bit in (3, 4, 10, 13, 16, 19, 40, 63):
    case(f"td-xfam-reserved-{_bit}", fails=("td.xfam",))(lambda b=_bit: with_xfam(3 | 1 << b))
case("td-xfam-every-state")(lambda: with_xfam(0x6dbe7))
case("td-xfam-reserved-19-allowed", options=("--allow-xfam=bit19",))(lambda: with_xfam(3 | 1 << 19))


# Quotes that are none

for _name, _field, _value in (("version", "version", 6), ("key-type", "key_type", 3),
                              ("tee", "tee", 0x42)):
    def _made(field=_field, value=_value):
        w = World(4 if field == "tee" else 3)
        setattr(w.quote, field, value)
        return w
    case(f"quote-{_name}", status=None, fails=("quote.format",), only=False, readable=None,
         qvl="37 UNSUPPORTED_QUOTE_FORMAT")(_made)


@case("quote-vendor", fails=("quote.vendor",), only=False)
def _():
    w = World()
    w.quote.vendor = bytes(16)
    return w


for _lie in ("auth_size", "qe_auth_size", "inner_size"):
    def _made(lie=_lie):
        w = World()
        w.quote.lies = {lie: 5000}
        return w
    case(f"quote-{_lie.replace('_', '-')}-lies", status=None, fails=("quote.format",), only=False,
         readable=None, qvl="37")(_made)


@case("quote-outer-type", status=None, fails=("quote.format",), only=False, readable=None, qvl="37")
def _():
    w = World(4)
    w.quote.outer_type = quotes.PCK_CHAIN
    return w
