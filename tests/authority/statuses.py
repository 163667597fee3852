# SPDX-License-Identifier: Apache-2.0
"""Which case shows each status of Intel's QVL, and why the others cannot arise here.

`/usr/bin/python3 -m authority.statuses` (in tests/) prints the table of docs/verification-tests.md.
"""
import re

from .cases import CASES

# QVL's include/SgxEcdsaAttestation/QuoteVerification.h, in order from 0
NAMES = """OK UNSUPPORTED_CERT_FORMAT ROOT_CA_MISSING ROOT_CA_INVALID ROOT_CA_INVALID_EXTENSIONS
ROOT_CA_INVALID_ISSUER ROOT_CA_UNTRUSTED INTERMEDIATE_CA_MISSING INTERMEDIATE_CA_INVALID
INTERMEDIATE_CA_INVALID_EXTENSIONS INTERMEDIATE_CA_INVALID_ISSUER INTERMEDIATE_CA_REVOKED
PCK_MISSING PCK_INVALID PCK_INVALID_EXTENSIONS PCK_INVALID_ISSUER PCK_REVOKED
TRUSTED_ROOT_CA_INVALID PCK_CERT_CHAIN_UNTRUSTED TCB_INFO_UNSUPPORTED_FORMAT TCB_INFO_INVALID
TCB_INFO_INVALID_SIGNATURE TCB_SIGNING_CERT_MISSING TCB_SIGNING_CERT_INVALID
TCB_SIGNING_CERT_INVALID_EXTENSIONS TCB_SIGNING_CERT_INVALID_ISSUER TCB_SIGNING_CERT_CHAIN_UNTRUSTED
TCB_SIGNING_CERT_REVOKED CRL_UNSUPPORTED_FORMAT CRL_UNKNOWN_ISSUER CRL_INVALID
CRL_INVALID_EXTENSIONS CRL_INVALID_SIGNATURE CA_CERT_UNSUPPORTED_FORMAT CA_CERT_INVALID
TRUSTED_ROOT_CA_UNSUPPORTED_FORMAT MISSING_PARAMETERS UNSUPPORTED_QUOTE_FORMAT
UNSUPPORTED_PCK_CERT_FORMAT INVALID_PCK_CERT UNSUPPORTED_PCK_RL_FORMAT INVALID_PCK_CRL
UNSUPPORTED_TCB_INFO_FORMAT PCK_REVOKED TCB_INFO_MISMATCH TCB_OUT_OF_DATE TCB_REVOKED
TCB_CONFIGURATION_NEEDED TCB_OUT_OF_DATE_CONFIGURATION_NEEDED TCB_NOT_SUPPORTED
TCB_UNRECOGNIZED_STATUS UNSUPPORTED_QE_CERTIFICATION INVALID_QE_CERTIFICATION_DATA_SIZE
UNSUPPORTED_QE_CERTIFICATION_DATA_TYPE PCK_CERT_MISMATCH INVALID_QE_REPORT_SIGNATURE
INVALID_QE_REPORT_DATA INVALID_QUOTE_SIGNATURE QE_IDENTITY_UNSUPPORTED_FORMAT QE_IDENTITY_INVALID
QE_IDENTITY_INVALID_SIGNATURE ENCLAVE_REPORT_UNSUPPORTED_FORMAT ENCLAVE_IDENTITY_UNSUPPORTED_FORMAT
ENCLAVE_IDENTITY_INVALID ENCLAVE_IDENTITY_UNSUPPORTED_VERSION ENCLAVE_IDENTITY_OUT_OF_DATE
ENCLAVE_REPORT_MISCSELECT_MISMATCH ENCLAVE_REPORT_ATTRIBUTES_MISMATCH
ENCLAVE_REPORT_MRENCLAVE_MISMATCH ENCLAVE_REPORT_MRSIGNER_MISMATCH ENCLAVE_REPORT_ISVPRODID_MISMATCH
ENCLAVE_REPORT_ISVSVN_OUT_OF_DATE UNSUPPORTED_QE_IDENTITY_FORMAT QE_IDENTITY_OUT_OF_DATE
QE_IDENTITY_MISMATCH TCB_INFO_EXPIRED ENCLAVE_IDENTITY_INVALID_SIGNATURE INVALID_PARAMETER
PCK_CERT_CHAIN_EXPIRED CRL_EXPIRED SIGNING_CERT_CHAIN_EXPIRED ENCLAVE_IDENTITY_EXPIRED
TCB_SW_HARDENING_NEEDED TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ENCLAVE_REPORT_ISVSVN_REVOKED
TDX_MODULE_MISMATCH ENCLAVE_REPORT_ISVSVN_NOT_SUPPORTED TCB_TD_RELAUNCH_ADVISED
TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED""".split()

LEGACY = "of the QE identity before version 2, which no service hands out any more"
CANNOT = {
    17: "a root that cannot be read is an error before any verdict (exit status 2)",
    30: "QVL's own check of a CRL alone; ours is one of 28, 29, 31, 32 in pck_crl.valid, "
        "root_crl.valid",
    33: "QVL's own check of a CRL alone, whose CA certificate is a parameter there",
    34: "as 33",
    35: "as 17",
    58: LEGACY,
    59: LEGACY,
    60: LEGACY,
    61: "QVL's check of a report without a quote; a report that is cut is 37 here",
    65: "an identity has a status no longer: its level converges with the platform's (71, 84, 86)",
    68: "identities of version 2 hold no MRENCLAVE",
    73: "as 65",
    77: "misuse of a function: asserted, or -EINVAL",
}


def shown():
    """status number -> names of the cases that show it"""
    found = {}
    for case in CASES.values():
        for number in re.findall(r"\b\d+\b", case.qvl):
            found.setdefault(int(number), []).append(case.name)
    return found


def table():
    cases = shown()
    lines = ["| QVL | status | shown by `tests/vectors/` |", "|---|---|---|"]
    for number, name in enumerate(NAMES):
        some = ", ".join(f"`{c}`" for c in cases.get(number, [])[:3])
        more = len(cases.get(number, [])) - 3
        text = some + (f" and {more} more" if more > 0
                       else "") if some else f"cannot arise: {CANNOT[number]}"
        lines.append(f"| {number} | {name} | {text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
