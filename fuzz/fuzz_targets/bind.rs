//! `duckling::fuzzing::bind` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| duckling::fuzzing::bind(data));
