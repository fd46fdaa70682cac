//! Does it last? Many tasks, faults at random from a seed, and every created credential accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::Duration;

use huaweicloud_auth::{Clock as _, Retry, SystemClock};
use mock_cloud::{INSTANCE_ID, MockCloud};

use crate::faults::{Fault, FaultProxy};

/// How long and how hard.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seed of the faults.
    pub seed: u64,
    /// Tasks that call at the same time.
    pub tasks: usize,
    /// Calls of each task at most.
    pub calls: usize,
    /// Time after which no task begins another call.
    pub time: Duration,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Creates that succeeded.
    pub created: usize,
    /// Creates that failed and said that nothing was created.
    pub refused: usize,
    /// Creates that failed and said that something may exist.
    pub unknown: usize,
    /// Lists that succeeded.
    pub listed: usize,
    /// Lists that failed.
    pub not_listed: usize,
    /// Connections that were opened.
    pub connections: usize,
    /// The most connections that were open at a time.
    pub most_open: usize,
}

/// What one create said.
enum Said {
    Created { token_id: String, password: String },
    Refused,
    Unknown,
}

/// Runs a plan.
///
/// # Errors
/// When a credential is not accounted for: one that was lost, doubled, or differs from what the server created.
pub async fn run(plan: Plan) -> Result<Report, Box<dyn Error>> {
    let cloud = MockCloud::start().await?;
    let proxy = FaultProxy::start(&cloud.url()).await?;
    let mut random = Random(plan.seed);
    proxy.next((0..plan.tasks * plan.calls * 2).map(|_| random.fault()));
    let retry = Retry::new()
        .back_off(Duration::from_millis(1), Duration::from_millis(4))
        .attempt_timeout(Duration::from_secs(1))
        .deadline(Duration::from_secs(10));
    let auth = crate::auth(&cloud)?;
    let (swr, _) = crate::clients(&proxy.url(), &auth, &retry)?;

    let clock = SystemClock;
    let end = clock.elapsed() + plan.time;
    let tasks = (0..plan.tasks).map(|task| {
        let swr = swr.clone();
        tokio::spawn(async move {
            let (mut said, mut listed, mut not_listed) = (BTreeMap::new(), 0, 0);
            for call in 0..plan.calls {
                if clock.elapsed() >= end {
                    break;
                }
                if call % 4 == 3 {
                    match swr.list_instance_lt_credentials(INSTANCE_ID).limit(5).await {
                        Ok(_) => listed += 1,
                        Err(_) => not_listed += 1,
                    }
                    continue;
                }
                let name = format!("soak-{task}-{call}");
                let answer = match swr.create_instance_lt_credential(INSTANCE_ID, &name).await {
                    Ok(credential) => Said::Created {
                        token_id: credential.token_id.unwrap_or_default(),
                        password: credential.auth_token.expose().to_owned(),
                    },
                    Err(error) if error.is_outcome_unknown() => Said::Unknown,
                    Err(_) => Said::Refused,
                };
                said.insert(name, answer);
            }
            (said, listed, not_listed)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut report = Report::default();
    let mut said = BTreeMap::new();
    for task in tasks {
        let (of_task, listed, not_listed) = task.await?;
        said.extend(of_task);
        report.listed += listed;
        report.not_listed += not_listed;
    }
    account(&cloud, &said, &mut report)?;
    let counts = proxy.counts();
    (report.connections, report.most_open) = (counts.connections, counts.most_open);
    Ok(report)
}

/// Compares what the callers were told with what exists.
fn account(cloud: &MockCloud, said: &BTreeMap<String, Said>, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut existing = BTreeMap::new();
    for created in cloud.created() {
        let name = created.name.clone().unwrap_or_default();
        if existing.insert(name.clone(), created).is_some() {
            return Err(format!("{name} was created twice").into());
        }
    }
    let mut passwords = BTreeSet::new();
    for (name, said) in said {
        match (said, existing.remove(name)) {
            (Said::Created { token_id, password }, Some(created)) => {
                if *token_id != created.token_id || *password != created.auth_token || !passwords.insert(password) {
                    return Err(format!("{name} was answered with another credential's secret").into());
                }
                report.created += 1;
            }
            (Said::Created { .. }, None) => return Err(format!("{name} was answered but does not exist").into()),
            (Said::Refused, None) => report.refused += 1,
            (Said::Refused, Some(_)) => return Err(format!("{name} exists, but its caller was not told").into()),
            (Said::Unknown, _) => report.unknown += 1,
        }
    }
    match existing.keys().next() {
        Some(name) => Err(format!("{name} exists, but nobody created it").into()),
        None => Ok(()),
    }
}

/// A small generator of random numbers (xorshift), so that a seed gives the same faults everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// Nothing in three of four cases, and any fault otherwise; those that take time are rare.
    fn fault(&mut self) -> Fault {
        match self.below(80) {
            0..59 => Fault::Pass,
            59 => Fault::status("404 Not Found", ""),
            60 | 61 => Fault::ResetDuringRequest,
            62 | 63 => Fault::CloseBeforeServer,
            64 | 65 => Fault::ResetAfterServer,
            66 | 67 => Fault::CloseAfterServer,
            68 | 69 => Fault::Truncate,
            70 => Fault::ResetInAnswer,
            71 => Fault::Stall,
            72 => Fault::InformationFirst,
            73 => Fault::status("429 Too Many Requests", ""),
            74 => Fault::status("503 Service Unavailable", "retry-after: 0\r\n"),
            75 => Fault::status("503 Service Unavailable", ""),
            76 => Fault::status("500 Internal Server Error", ""),
            77 => Fault::Instead(
                b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>".to_vec(),
            ),
            78 => Fault::Replace(b"\x00\x01garbage\r\n\r\n".to_vec()),
            _ => Fault::Instead(
                b"HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n".to_vec(),
            ),
        }
    }
}
