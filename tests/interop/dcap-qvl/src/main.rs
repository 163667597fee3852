// SPDX-License-Identifier: Apache-2.0
//! Judge directories of the test authority's form with Phala's dcap-qvl, an independent verifier:
//! `dcap-qvl-check UNIX_SECONDS DIRECTORY...` prints one JSON object a line.
use std::path::Path;

use dcap_qvl_check::{judge, read, Failure};
use serde_json::json;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let now = arguments.next().ok_or("usage: dcap-qvl-check UNIX_SECONDS DIRECTORY...")?.parse()?;
    for name in arguments {
        let answer = read(Path::new(&name))
            .and_then(|inputs| judge(&inputs, now))
            .unwrap_or_else(|e| json!({"refused": e.to_string()}));
        println!("{answer}");
    }
    Ok(())
}
