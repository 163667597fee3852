// SPDX-License-Identifier: Apache-2.0
//! Reports, keys and quotes.
use aesm_client::{sgx::AesmClientExt, AesmClient};
use sgx_isa::{Keyname, Keypolicy, Keyrequest, Report, Targetinfo};
use std::net::TcpStream;

const ECDSA_P256: u32 = 2;
const ALGORITHM_AT: usize = 154; // in an attestation key's id

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn report_data(text: &str) -> [u8; 64] {
    let mut data = [0; 64];
    data[..text.len()].copy_from_slice(text.as_bytes());
    data
}

/// A report for the enclave itself, and the key that its MAC was made with.
pub fn report(text: &str) {
    let own = Targetinfo::from(Report::for_self());
    let report = Report::for_target(&own, &report_data(text));
    println!("{}", hex(report.as_ref()));
    report.verify(|key, _, mac| println!("{}\n{}", hex(key), hex(mac)));
}

/// Keys that must not change from run to run: bound to the enclave, and to its signer.
pub fn seal_key() {
    let report = Report::for_self();
    for policy in [Keypolicy::MRENCLAVE, Keypolicy::MRSIGNER] {
        let request = Keyrequest {
            keyname: Keyname::Seal as _,
            keypolicy: policy,
            isvsvn: report.isvsvn,
            cpusvn: report.cpusvn,
            attributemask: [!0; 2],
            keyid: [7; 32],
            miscmask: !0,
            ..Keyrequest::default()
        };
        println!("{}", hex(&request.egetkey().expect("a key")));
    }
}

/// The AESM client at work inside the enclave, over one TCP connection.
pub fn quote(address: &str, text: &str) {
    let client = AesmClient::new(TcpStream::connect(address).expect("a relay"));
    let keys = client.get_supported_att_key_ids().expect("supported keys");
    let is_ecdsa = |k: &Vec<u8>| k[ALGORITHM_AT..ALGORITHM_AT + 4] == ECDSA_P256.to_le_bytes();
    let key = keys.into_iter().find(is_ecdsa).expect("an ECDSA key");
    let info = client.init_quote_ex(key.clone()).expect("init_quote_ex");
    let target = Targetinfo::try_copy_from(info.target_info()).expect("512 bytes");
    let report = Report::for_target(&target, &report_data(text));
    let own = Targetinfo::from(Report::for_self());
    let report: &[u8] = report.as_ref();
    let own: &[u8] = own.as_ref();
    let result = client.get_quote_ex(key, report.to_vec(), Some(own.to_vec()), vec![0x6e; 16]);
    let result = result.expect("a quote");
    let qe_report = Report::try_copy_from(result.qe_report()).expect("432 bytes");
    println!("{}", hex(result.quote()));
    println!("{}", hex(qe_report.as_ref()));
    qe_report.verify(|key, _, mac| println!("{}\n{}", hex(key), hex(mac)));
}
