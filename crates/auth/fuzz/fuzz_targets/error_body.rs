//! Is any input, read as an error's body, without harm?

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| huaweicloud_auth::fuzzing::error_body(input));
