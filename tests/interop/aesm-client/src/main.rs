// SPDX-License-Identifier: Apache-2.0
//! Fortanix's AESM client against a quote service: the target info goes out as one line of hex, the
//! report comes in as another, quote and QE report go out.
use aesm_client::{unix::AesmClientExt, AesmClient};
use std::io::{self, Write};

const ECDSA_P256: u32 = 2;
const ALGORITHM_AT: usize = 154;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn algorithm(key: &[u8]) -> u32 {
    u32::from_le_bytes(key[ALGORITHM_AT..ALGORITHM_AT + 4].try_into().unwrap())
}

fn main() {
    let path = std::env::args().nth(1).expect("a socket");
    let client = AesmClient::with_path(path);
    let keys = client.get_supported_att_key_ids().expect("supported keys");
    let key = keys.into_iter().find(|k| algorithm(k) == ECDSA_P256).expect("an ECDSA key");
    let info = client.init_quote_ex(key.clone()).expect("init_quote_ex");
    println!("{}", hex(info.target_info()));
    println!("{}", hex(info.pub_key_id()));
    io::stdout().flush().unwrap();

    let mut report = String::new();
    io::stdin().read_line(&mut report).unwrap();
    let nonce = vec![0x6e; 16];
    match client.get_quote_ex(key, unhex(report.trim()), None, nonce) {
        Ok(result) => {
            println!("{}", hex(result.quote()));
            println!("{}", hex(result.qe_report()));
        }
        Err(error) => {
            println!("refused: {error}");
            std::process::exit(1);
        }
    }
}
