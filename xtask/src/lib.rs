//! Checks the spec and writes the clients from it.
//!
//! The way of a change: [`load`] reads `spec/*.yaml` into the strict [`model`], [`check`] refuses what must not be
//! published or cannot be generated, [`generate`] turns the rest into Rust, and [`files`] writes or compares it.

pub mod check;
pub mod files;
pub mod generate;
pub mod load;
pub mod model;
