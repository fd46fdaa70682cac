//! The program: a stand-in for the cloud on a port of this machine, until Ctrl-C.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt as _};
use mock_cloud::{Builder, MockCloud};

const HELP: &str = "\
A local stand-in for the credential APIs of Huawei Cloud SWR and AOM.

usage: mock-cloud [options]

  --listen ADDRESS   address to listen on; 127.0.0.1:8080 by default, port 0 takes a free one
  --ak KEY           access key to accept, together with --sk
  --sk KEY           secret key of the access key
  --token TOKEN      user token to accept in X-Auth-Token; can be repeated
  --user ACCOUNT/USER/PASSWORD
                     IAM user who may obtain tokens at POST /v3/auth/tokens; can be repeated
  --token-life SECONDS
                     how long such tokens live; 86400 by default
  --project ID       project that exists; can be repeated; without it every project exists
  --instance ID      instance that exists; can be repeated; without it every instance exists
  --help             this text

It prints its address in one line once it listens, and stops on Ctrl-C.
Without --ak and --sk it accepts the example key pair that the documentation of the library names.";

fn main() -> ExitCode {
    let builder = match options() {
        Ok(Some(builder)) => builder,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&error.to_string()),
    };
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(builder)),
        Err(error) => refuse(&format!("no runtime could be started: {error}")),
    }
}

async fn run((builder, address): (Builder, SocketAddr)) -> ExitCode {
    let cloud = match builder.start().await {
        Ok(cloud) => cloud,
        Err(error) => return refuse(&format!("cannot listen on {address}: {error}")),
    };
    println!("listening on {}", cloud.url());
    tokio::select! {
        () = cloud.wait() => ExitCode::FAILURE,
        _ = tokio::signal::ctrl_c() => ExitCode::SUCCESS,
    }
}

/// One line that says what is wrong.
fn refuse(problem: &str) -> ExitCode {
    eprintln!("mock-cloud: {problem}; see mock-cloud --help");
    ExitCode::from(2)
}

/// The settings on the command line; nothing when help is asked for.
fn options() -> Result<Option<(Builder, SocketAddr)>, lexopt::Error> {
    let mut builder = MockCloud::builder();
    let mut address = SocketAddr::from(([127, 0, 0, 1], 8080));
    let (mut access_key, mut secret_key) = (None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("listen") => address = parser.value()?.parse()?,
            Long("ak") => access_key = Some(parser.value()?.string()?),
            Long("sk") => secret_key = Some(parser.value()?.string()?),
            Long("token") => builder = builder.token(parser.value()?.string()?),
            Long("user") => {
                let value = parser.value()?.string()?;
                let parts: Vec<&str> = value.splitn(3, '/').collect();
                let [domain, name, password] = parts[..] else {
                    return Err("--user is not ACCOUNT/USER/PASSWORD".into());
                };
                builder = builder.user(domain, name, password);
            }
            Long("token-life") => builder = builder.token_life(Duration::from_secs(parser.value()?.parse()?)),
            Long("project") => builder = builder.project(parser.value()?.string()?),
            Long("instance") => builder = builder.instance(parser.value()?.string()?),
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    match (access_key, secret_key) {
        (Some(access_key), Some(secret_key)) => builder = builder.key(access_key, secret_key),
        (None, None) => {}
        _ => return Err("--ak and --sk belong together".into()),
    }
    Ok(Some((builder.listen(address), address)))
}
