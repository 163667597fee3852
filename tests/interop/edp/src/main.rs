// SPDX-License-Identifier: Apache-2.0
//! An enclave for Fortanix's EDP: the first argument says what it does, the answer goes to stdout.
mod attestation;
mod computing;
mod failing;
mod networking;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hello", names @ ..] => println!("hello {}", names.join(" and ")),
        ["sum", numbers @ ..] => println!("{}", computing::sum(numbers)),
        ["exit", status] => return ExitCode::from(status.parse::<u8>().expect("a status")),
        ["sort", count] => computing::sort_lines(number(count)),
        ["heap", mebibytes] => println!("{}", computing::heap(mebibytes.parse().expect("a size"))),
        ["threads", count, rounds] => {
            println!("{}", computing::threads(number(count), number(rounds)))
        }
        ["ring", count, rounds] => println!("{}", computing::ring(number(count), number(rounds))),
        ["panic"] => failing::panic_in_main(),
        ["catch"] => println!("{}", failing::panics_caught()),
        ["overflow"] => println!("{}", failing::overflow(0)),
        ["illegal"] => failing::illegal_instruction(),
        ["serve", clients] => networking::serve(number(clients)),
        ["ask", address, line] => println!("{}", networking::ask(address, line)),
        ["report", text] => attestation::report(text),
        ["seal"] => attestation::seal_key(),
        ["quote", address, text] => attestation::quote(address, text),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}
