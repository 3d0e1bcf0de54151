//! `duckling::fuzzing::frontend` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| duckling::fuzzing::frontend(data));
