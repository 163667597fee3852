// SPDX-License-Identifier: Apache-2.0
//! `dcap-qvl-bench UNIX_SECONDS DIRECTORY COUNT` prints the processor time of one verification, in
//! microseconds of this thread, reading of files left out.
use std::path::Path;

use dcap_qvl_check::{judge, read, Failure};

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, at: *mut Timespec) -> i32;
}

const CLOCK_THREAD_CPUTIME_ID: i32 = 3;

fn thread_us() -> f64 {
    let mut at = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the kernel writes one timespec, of two 64-bit numbers on every 64-bit Linux.
    unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut at) };
    at.seconds as f64 * 1e6 + at.nanoseconds as f64 / 1e3
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, now, directory, count] = &arguments[..] else {
        return Err("usage: dcap-qvl-bench UNIX_SECONDS DIRECTORY COUNT".into());
    };
    let (now, count) = (now.parse()?, count.parse::<u32>()?);
    let inputs = read(Path::new(directory))?;
    let begin = thread_us();
    for _ in 0..count {
        judge(&inputs, now)?;
    }
    println!("{:.3}", (thread_us() - begin) / f64::from(count));
    Ok(())
}
