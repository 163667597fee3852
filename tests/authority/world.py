# SPDX-License-Identifier: Apache-2.0
"""Everything one verification needs, made consistent, with every part open to change."""
import dataclasses

from . import certificates, collateral, quotes
from .keys import key

AT = "2026-06-15T12:00:00Z"
FILES = ("quote", "tcbinfo.json", "qeid.json", "pckcrl.der", "rootcrl.der", "tcbchain.pem",
         "qeidchain.pem", "pckcrlchain.pem", "root.pem")


class World:
    """Certificates are signed when rendered, so a change made before is part of what is signed."""

    def __init__(self, version=3, body="SGX", ca="Processor"):
        tee = "SGX" if body == "SGX" else "TDX"
        self.root = certificates.root()
        self.intermediate = certificates.intermediate(ca, key("root"))
        self.pck = certificates.pck(ca, self.intermediate.key)
        self.tcb_signer = certificates.tcb_signer(key("root"))
        self.root_crl = certificates.Crl(self.root.common_name, key("root"),
                                         certificates.at("2026-01-01"),
                                         certificates.at("2027-01-01"))
        self.pck_crl = certificates.Crl(self.intermediate.common_name, self.intermediate.key)
        self.tcb_info = collateral.tcb_info(tee)
        self.identity = collateral.identity("QE" if tee == "SGX" else "TD_QE")
        self.quote = quotes.Quote(version, body)
        self.trusted = self.root  # what root.pem holds
        self.chain = None  # certificates in the quote; leaf, intermediate, root when None
        self.tcb_chain = None
        self.identity_chain = None
        self.pck_crl_chain = None
        self.overrides = {}  # file name -> bytes, or None to leave the file out
        self.wrap = None  # bytes -> bytes around the finished quote

    @property
    def body(self):
        """the TCB info's fields"""
        return self.tcb_info.body

    def set_levels(self, *levels):
        self.body["tcbLevels"] = list(levels)

    def set_qe_levels(self, *levels):
        self.identity.body["tcbLevels"] = list(levels)

    def set_modules(self, *modules, svn=(5, 1, 6), svn2=None):
        """module identities, and the TD's SVNs that select among them"""
        self.body["tdxModuleIdentities"] = list(modules)
        self.quote.body["tee_tcb_svn"] = bytes(svn)
        self.quote.body["tee_tcb_svn2"] = bytes(svn if svn2 is None else svn2)

    def quote_bytes(self):
        if not self.quote.certification and self.quote.certification_type in (
                quotes.PCK_LEAF, quotes.PCK_CHAIN):
            wanted = self.chain or [self.pck, self.intermediate, self.root]
            if self.quote.certification_type == quotes.PCK_LEAF:
                wanted = wanted[:1]
            self.quote = dataclasses.replace(
                self.quote, certification=certificates.chain(*wanted) + b"\0")
        whole = self.quote.render()
        return self.wrap(whole) if self.wrap else whole

    def files(self):
        chain = certificates.chain
        made = {
            "quote": self.quote_bytes(),
            "tcbinfo.json": self.tcb_info.render(),
            "qeid.json": self.identity.render(),
            "pckcrl.der": self.pck_crl.render(),
            "rootcrl.der": self.root_crl.render(),
            "tcbchain.pem": chain(*(self.tcb_chain or [self.tcb_signer, self.root])),
            "qeidchain.pem": chain(*(self.identity_chain or self.tcb_chain
                                     or [self.tcb_signer, self.root])),
            "pckcrlchain.pem": chain(*(self.pck_crl_chain or [self.intermediate, self.root])),
            "root.pem": chain(self.trusted),
        }
        return {name: content for name, content in (made | self.overrides).items()
                if content is not None}
