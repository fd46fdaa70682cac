//! The soak in its short form: bounded by calls, not by time.

use std::time::Duration;

use integration_tests::soak::{Plan, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_created_credential_is_accounted_for() {
    let plan = Plan { seed: 7, tasks: 16, calls: 40, time: Duration::from_secs(60) };
    let report = run(plan).await.unwrap();
    assert_eq!(report.created + report.refused + report.unknown, 16 * 30, "{report:?}");
    assert_eq!(report.listed + report.not_listed, 16 * 10, "{report:?}");
    assert!(report.created > 200, "{report:?}");
    assert!(report.unknown > 0 && report.refused > 0, "the faults did not bite: {report:?}");
    // Each task uses one connection at a time; one that is being closed may overlap with its successor.
    assert!(report.most_open <= 2 * 16, "{report:?}");
}
