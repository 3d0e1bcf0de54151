//! `duckling::fuzzing::sql` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| duckling::fuzzing::sql(data));
