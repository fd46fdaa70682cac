//! Is any input, read as a path or query, without harm?

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| huaweicloud_auth::fuzzing::canonical(input));
