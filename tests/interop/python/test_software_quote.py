"""The software platform's quotes before an independent verifier, Phala's dcap-qvl."""
import base64
import json
import pathlib
import sys
import time

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(SOURCE / "tests" / "process"))
import aesm_client as aesm  # noqa: E402

dcap_qvl = pytest.importorskip("dcap_qvl", reason="run tests/interop/python/run")
STEP = 7  # every so many bytes of a quote one is changed


@pytest.fixture(scope="module", params=["platform", "processor"])
def world(request, build, tmp_path_factory):
    """(quote, collateral, root) of an installation of its own"""
    h = aesm.Helper(build, tmp_path_factory.mktemp("interop"), f"--pck-ca={request.param}")
    quote = aesm.quote(h.socket, h.report(b"interop"))
    h.stop()
    folder = h.state / "collateral"

    def signed(name):
        text = (folder / name).read_text()
        return text[text.index("{", 1):text.rindex(',"signature"')], bytes.fromhex(json.loads(text)["signature"])

    tcb_info, tcb_signature = signed("tcbinfo.json")
    identity, identity_signature = signed("qeid.json")
    collateral = dcap_qvl.QuoteCollateralV3(
        (folder / "pckcrlchain.pem").read_text(), (folder / "rootcrl.der").read_bytes(),
        (folder / "pckcrl.der").read_bytes(), (folder / "tcbchain.pem").read_text(), tcb_info,
        tcb_signature, (folder / "qeidchain.pem").read_text(), identity, identity_signature)
    root = base64.b64decode("".join(line for line in (folder / "root.pem").read_text().splitlines()
                                    if "-----" not in line))
    return quote, collateral, root


def test_it_is_accepted_under_the_installations_root(world):
    quote, collateral, root = world
    verified = dcap_qvl.verify_with_root_ca(quote, collateral, root, int(time.time()))
    assert verified.status == "UpToDate" and verified.advisory_ids == []


def test_it_is_refused_under_intels_root(world):
    quote, collateral, _ = world
    with pytest.raises(ValueError):
        dcap_qvl.verify(quote, collateral, int(time.time()))


def test_every_tampered_quote_is_refused(world):
    quote, collateral, root = world
    end = 436 + int.from_bytes(quote[432:436], "little")
    for at in range(0, min(end, 1046), STEP):
        tampered = quote[:at] + bytes([quote[at] ^ 1]) + quote[at + 1:]
        with pytest.raises(ValueError):
            dcap_qvl.verify_with_root_ca(tampered, collateral, root, int(time.time()))


def test_it_is_refused_after_the_collateral_has_expired(world):
    quote, collateral, root = world
    with pytest.raises(ValueError):
        dcap_qvl.verify_with_root_ca(quote, collateral, root, int(time.time()) + 31 * 24 * 3600)
