//! The command line: `cargo xtask regenerate [--check]` and `cargo xtask spec check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use xtask::check::{self, Finding, Severity};
use xtask::files::{self, Mode};
use xtask::generate::{self, COMMAND};
use xtask::load::{self, Spec};

const USAGE: &str = "\
usage:
  cargo xtask regenerate           check the spec and write the clients
  cargo xtask regenerate --check   change nothing; show what is stale and exit with 1
  cargo xtask spec check           check the spec";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["regenerate"] => regenerate(Mode::Write),
        ["regenerate", "--check"] => regenerate(Mode::Check),
        ["spec", "check"] => spec_check(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn spec_check() -> Result<ExitCode> {
    let (specs, findings) = checked(&root()?)?;
    report(&findings);
    if !findings.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    println!("{} specs are fine", specs.len());
    Ok(ExitCode::SUCCESS)
}

fn regenerate(mode: Mode) -> Result<ExitCode> {
    let root = root()?;
    let (specs, findings) = checked(&root)?;
    report(&findings);
    if findings.iter().any(|finding| finding.severity == Severity::Refused) {
        return Ok(ExitCode::FAILURE);
    }
    let outcome = files::ensure(&root, &generate::wanted(&specs)?, &generate::present(&root), mode)?;
    match mode {
        Mode::Write => println!("{} files changed", outcome.differences.len()),
        Mode::Check if outcome.differences.is_empty() => println!("all generated files are up to date"),
        Mode::Check => {
            for difference in &outcome.differences {
                println!("{difference}");
            }
            eprintln!("mend: run `{COMMAND}` and commit what it writes");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn checked(root: &Path) -> Result<(Vec<Spec>, Vec<Finding>)> {
    let specs = load::load_all(root)?;
    let findings = check::check(&specs, &root.join("spec"));
    Ok((specs, findings))
}

fn report(findings: &[Finding]) {
    for finding in findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        let refused = findings.iter().filter(|finding| finding.severity == Severity::Refused).count();
        eprintln!("{} findings; {refused} of them stop the generator", findings.len());
    }
}

/// The project's folder: the parent of this package's.
fn root() -> Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(package.parent().context("xtask has no parent folder")?.to_owned())
}
