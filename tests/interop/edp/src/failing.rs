// SPDX-License-Identifier: Apache-2.0
//! Panics that are caught, and ends that are not.
use std::panic::catch_unwind;
use std::thread;

struct Counts<'a>(&'a std::cell::Cell<u32>);

impl Drop for Counts<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

pub fn panic_in_main() {
    panic!("on purpose");
}

/// How many destructors ran and panics were caught: through frames of one thread, and by a join.
pub fn panics_caught() -> u32 {
    fn deep(depth: u32, drops: &std::cell::Cell<u32>) {
        let _counts = Counts(drops);
        if depth == 0 {
            panic!("at the bottom");
        }
        deep(depth - 1, drops);
    }
    let drops = std::cell::Cell::new(0);
    let inside = catch_unwind(std::panic::AssertUnwindSafe(|| deep(9, &drops)));
    let thread = thread::spawn(|| panic!("in a thread")).join();
    drops.get() + u32::from(inside.is_err()) + u32::from(thread.is_err())
}

/// Recursion until the guard below the stack, which is a hole in the enclave.
pub fn overflow(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    if frame[0] == u64::MAX {
        return depth;
    }
    overflow(depth + 1) + frame[63]
}

pub fn illegal_instruction() {
    unsafe { std::arch::asm!("ud2") }
}
