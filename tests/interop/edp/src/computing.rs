// SPDX-License-Identifier: Apache-2.0
//! Arguments, standard streams, the heap and threads.
use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::{mpsc, Condvar, Mutex};
use std::thread;

const MEBIBYTE: usize = 1 << 20;

pub fn sum(numbers: &[&str]) -> i64 {
    numbers.iter().map(|n| n.parse::<i64>().expect("a number")).sum()
}

/// As many lines as said: the runner keeps the end of its input to itself.
pub fn sort_lines(count: usize) {
    let input = std::io::stdin().lock().lines();
    let mut lines: Vec<String> = input.take(count).map(Result::unwrap).collect();
    lines.sort();
    lines.iter().for_each(|line| println!("{line}"));
}

/// Blocks of many sizes, every second one given back and taken again: the sum of what they hold.
pub fn heap(mebibytes: usize) -> u64 {
    let mut blocks = BTreeMap::new();
    let mut held = 0;
    for index in 0.. {
        if held >= mebibytes * MEBIBYTE {
            break;
        }
        let size = 1 + index * 7919 % 65536;
        blocks.insert(index, vec![index as u8; size]);
        held += size;
    }
    blocks
        .iter_mut()
        .filter(|(index, _)| *index % 2 == 1)
        .for_each(|(_, block)| *block = Vec::new());
    blocks
        .iter_mut()
        .filter(|(index, _)| *index % 2 == 1)
        .for_each(|(index, block)| *block = vec![*index as u8; 1 + index * 7919 % 65536]);
    assert!(blocks.iter().all(|(index, block)| block.iter().all(|byte| *byte == *index as u8)));
    blocks.values().map(|block| block.len() as u64).sum()
}

/// All threads count under one lock, and begin together.
pub fn threads(count: usize, rounds: usize) -> usize {
    let (state, all_here) = (Mutex::new((0, 0)), Condvar::new());
    let work = || {
        let mut held = state.lock().unwrap();
        held.0 += 1;
        all_here.notify_all();
        drop(all_here.wait_while(held, |s| s.0 < count).unwrap());
        (0..rounds).for_each(|_| state.lock().unwrap().1 += 1);
    };
    thread::scope(|scope| (0..count).for_each(|_| drop(scope.spawn(work))));
    state.into_inner().unwrap().1
}

/// A number goes round through channels, and every thread adds one.
pub fn ring(count: usize, rounds: usize) -> usize {
    let (first, mut previous) = mpsc::channel::<usize>();
    let mut handles = Vec::new();
    for _ in 0..count {
        let (sender, receiver) = mpsc::channel();
        let input = std::mem::replace(&mut previous, receiver);
        handles.push(thread::spawn(move || input.iter().for_each(|n| sender.send(n + 1).unwrap())));
    }
    let mut value = 0;
    for _ in 0..rounds {
        first.send(value).unwrap();
        value = previous.recv().unwrap();
    }
    drop(first);
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    value
}
