//! `duckling::fuzzing::startup` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| duckling::fuzzing::startup(data));
