//! `duckling::fuzzing::copy_csv` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| duckling::fuzzing::copy_csv(data));
