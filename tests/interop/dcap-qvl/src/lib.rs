// SPDX-License-Identifier: Apache-2.0
//! A directory of the test authority's form, as dcap-qvl takes it.
use std::error::Error;
use std::fs;
use std::path::Path;

use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::QuoteCollateralV3;
use serde_json::{json, Value};

pub type Failure = Box<dyn Error>;

/// The signed object's bytes exactly as served, and the signature beside it.
fn signed(body: &str, member: &str) -> Result<(String, Vec<u8>), Failure> {
    let start = body.find(':').ok_or("no member")? + 1;
    let end = body.rfind(",\"signature\"").ok_or("no signature")?;
    let parsed: Value = serde_json::from_str(body)?;
    parsed.get(member).ok_or("another member")?;
    let digits = parsed["signature"].as_str().ok_or("signature is no string")?;
    let signature = (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16))
        .collect::<Result<_, _>>()?;
    Ok((body[start..end].to_string(), signature))
}

fn root_der(directory: &Path) -> Result<Vec<u8>, Failure> {
    let text = fs::read(directory.join("root.pem"))?;
    Ok(pem::parse(text)?.into_contents())
}

pub struct Inputs {
    pub quote: Vec<u8>,
    pub collateral: QuoteCollateralV3,
    pub root: Vec<u8>,
}

pub fn read(directory: &Path) -> Result<Inputs, Failure> {
    let text = |name: &str| fs::read_to_string(directory.join(name));
    let (tcb_info, tcb_info_signature) = signed(&text("tcbinfo.json")?, "tcbInfo")?;
    let (qe_identity, qe_identity_signature) = signed(&text("qeid.json")?, "enclaveIdentity")?;
    let collateral = QuoteCollateralV3 {
        pck_crl_issuer_chain: text("pckcrlchain.pem")?,
        root_ca_crl: fs::read(directory.join("rootcrl.der"))?,
        pck_crl: fs::read(directory.join("pckcrl.der"))?,
        tcb_info_issuer_chain: text("tcbchain.pem")?,
        tcb_info,
        tcb_info_signature,
        qe_identity_issuer_chain: text("qeidchain.pem")?,
        qe_identity,
        qe_identity_signature,
        pck_certificate_chain: text("pckchain.pem").ok(),
    };
    Ok(Inputs { quote: fs::read(directory.join("quote"))?, collateral, root: root_der(directory)? })
}

pub fn judge(inputs: &Inputs, now: u64) -> Result<Value, Failure> {
    let verifier = QuoteVerifier::new(inputs.root.clone()).allow_debug(true).allow_service_td(true);
    let report =
        verifier.verify(&inputs.quote, &inputs.collateral, now).map_err(|e| format!("{e:#}"))?;
    Ok(json!({"status": report.status, "advisory_ids": report.advisory_ids}))
}
