// SPDX-License-Identifier: Apache-2.0
//! TCP through usercalls.
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A thread a client; each line comes back in capitals.
pub fn serve(clients: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    let handles: Vec<_> = listener
        .incoming()
        .take(clients)
        .map(|stream| thread::spawn(|| answer(stream.expect("a client"))))
        .collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

fn answer(mut stream: TcpStream) {
    let lines = BufReader::new(stream.try_clone().expect("a clone")).lines();
    for line in lines {
        writeln!(stream, "{}", line.expect("a line").to_uppercase()).expect("a reader");
    }
}

pub fn ask(address: &str, line: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a server");
    writeln!(stream, "{line}").expect("a server that reads");
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).expect("an answer");
    answer.trim_end().to_string()
}
