//! The soak in its long form: 64 tasks for a minute. Prints what became of it.
//!
//! ```sh
//! cargo run --release --example soak
//! ```

use std::error::Error;
use std::time::Duration;

use integration_tests::soak::{Plan, run};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan { seed: 20_240_102, tasks: 64, calls: 2_000, time: Duration::from_secs(60) };
    let report = run(plan).await?;
    println!("{report:#?}");
    // Linux tells it; elsewhere there is nothing to read.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")) {
        println!("{line}");
    }
    Ok(())
}
