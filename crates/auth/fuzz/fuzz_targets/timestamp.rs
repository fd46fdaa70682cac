//! Is any input, read as a time, without harm?

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| huaweicloud_auth::fuzzing::timestamp(input));
