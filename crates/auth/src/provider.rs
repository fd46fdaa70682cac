//! Where do credentials come from? One file for each source.

pub(crate) mod environment;
